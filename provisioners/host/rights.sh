# Read by the scripts beside it with '.'. Says how to get packages where there is no right to install them.
#
#   may_install WHO PACKAGES     WHO: what needs them, as the beginning of a sentence; ends the script where it may not
#
# Sets $as_root: what goes before a command that only root may run.
may_install() {
  if [ "$(id -u)" = 0 ]; then
    as_root=
  elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root='sudo -n'
  else
    echo "$1 that are not installed; as root:" >&2
    echo "  apt-get update && apt-get install -y --no-install-recommends $2" >&2
    exit 1
  fi
  command -v apt-get >/dev/null 2>&1 && return
  echo "$1 that are not installed, and this script knows only apt-get: install (Debian's names) $2" >&2
  exit 1
}
