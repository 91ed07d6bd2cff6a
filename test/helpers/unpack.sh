# Read by the scripts beside it with '.'. Debian's packages, unpacked into a cache outside the repository: to install
# them would change this machine, such as by a server that starts at every boot.
#
#   unpack NAME PACKAGES     sets $root to the folder; runs 'finish' in it before anybody else sees it
finish() { :; }
unpack() {
  cache=${LABNET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/labnet}
  root=$cache/$1
  [ ! -d "$root" ] || return 0
  mkdir -p "$cache"
  work=$(mktemp -d "$root.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  cd "$work"
  { apt-get -q download $2 || { apt-get -q update && apt-get -q download $2; }; } >log 2>&1 || { cat log >&2; exit 1; }
  for package in ./*.deb; do dpkg-deb -x "$package" root; done
  (cd root && finish)
  # Somebody else may have been faster.
  mv -T root "$root" 2>/dev/null || [ -d "$root" ]
}
