#!/bin/sh
# Prints the path of an sshd(8): the one that is installed, or one of Debian's package.
set -eu
PATH=$PATH:/usr/sbin:/sbin
command -v sshd && exit
. "$(dirname "$0")/unpack.sh"

finish() {
  # sshd starts itself anew for each connection, and wants its whole path for that.
  cat >run <<'END'
#!/bin/sh
root=$(dirname "$0")
LD_LIBRARY_PATH=$(echo "$root"/usr/lib/*-linux-gnu):$(echo "$root"/lib/*-linux-gnu)
export LD_LIBRARY_PATH
exec "$root/usr/sbin/sshd" "$@"
END
  chmod 755 run
}

unpack sshd 'openssh-server libwrap0 libnsl2 libtirpc3'
said=$("$root/run" -\? 2>&1) || true
case $said in
  *OpenSSH*) echo "$root/run" ;;
  *) echo "$said" >&2 && exit 1 ;;
esac
