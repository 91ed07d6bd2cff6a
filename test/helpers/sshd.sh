#!/bin/sh
# Prints the path of an sshd(8): the one that is installed, or Debian's package unpacked into a cache outside the
# repository. To install it would start a server on this machine, now and at every boot.
set -eu
PATH=$PATH:/usr/sbin:/sbin
command -v sshd && exit
packages='openssh-server libwrap0 libnsl2 libtirpc3'
cache=${LABNET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/labnet}
if [ ! -x "$cache/sshd/run" ]; then
  mkdir -p "$cache"
  work=$(mktemp -d "$cache/sshd.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  cd "$work"
  { apt-get -q download $packages || { apt-get -q update && apt-get -q download $packages; }; } >log 2>&1 || { cat log >&2; exit 1; }
  for package in ./*.deb; do dpkg-deb -x "$package" root; done
  # sshd starts itself anew for each connection, and wants its whole path for that.
  cat >root/run <<'END'
#!/bin/sh
root=$(dirname "$0")
LD_LIBRARY_PATH=$(echo "$root"/usr/lib/*-linux-gnu):$(echo "$root"/lib/*-linux-gnu)
export LD_LIBRARY_PATH
exec "$root/usr/sbin/sshd" "$@"
END
  chmod 755 root/run
  mv root "$cache/sshd" 2>/dev/null || [ -x "$cache/sshd/run" ]
fi
said=$("$cache/sshd/run" -\? 2>&1) || true
case $said in
  *OpenSSH*) echo "$cache/sshd/run" ;;
  *) echo "$said" >&2 && exit 1 ;;
esac
