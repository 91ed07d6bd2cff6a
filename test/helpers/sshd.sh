#!/bin/sh
# Prints the path of an sshd(8): the one that is installed, or Debian's package unpacked into a cache outside the
# repository. To install it would start a server on this machine, now and at every boot.
set -eu
PATH=$PATH:/usr/sbin:/sbin
command -v sshd && exit
cache=${LABNET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/labnet}
sshd=$cache/openssh-server/usr/sbin/sshd
if [ ! -x "$sshd" ]; then
  mkdir -p "$cache"
  work=$(mktemp -d "$cache/sshd.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  cd "$work"
  { apt-get download openssh-server || { apt-get update && apt-get download openssh-server; }; } >&2 2>&1
  dpkg-deb -x openssh-server_*.deb root
  mv root "$cache/openssh-server" 2>/dev/null || [ -x "$sshd" ]
fi
"$sshd" -V >/dev/null 2>&1 || "$sshd" -\? 2>&1 | grep -q OpenSSH
echo "$sshd"
