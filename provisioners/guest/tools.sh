#!/bin/sh
# Sees to it that a machine has the tools its part in a lab and the tests of it need: installs what is missing where a
# package manager is there and reaches its packages, otherwise names it. Run as root in the machine.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
LC_ALL=C
export PATH LC_ALL

# TOOL:PACKAGE of Debian and Ubuntu; other distributions' names differ in few.
tools='ip:iproute2 sysctl:procps iptables-restore:iptables nft:nftables tcpdump:tcpdump ping:iputils-ping perl:perl-base timeout:coreutils'

absent() {
  for pair in $tools; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || printf '%s ' "${pair##*:}"
  done
}

[ -n "$(absent)" ] || exit 0
packages=$(absent)
if command -v apt-get >/dev/null 2>&1; then
  export DEBIAN_FRONTEND=noninteractive
  timeout 60 apt-get -qq update >/dev/null 2>&1
  timeout 200 apt-get -qq install -y --no-install-recommends $packages >/dev/null 2>&1
elif command -v dnf >/dev/null 2>&1; then
  timeout 240 dnf -qy install iproute procps-ng iptables-nft nftables tcpdump iputils perl-interpreter perl-Socket perl-IO perl-Time-HiRes >/dev/null 2>&1
elif command -v apk >/dev/null 2>&1; then
  timeout 240 apk -q add iproute2 procps iptables nftables tcpdump iputils perl coreutils >/dev/null 2>&1
fi </dev/null

packages=$(absent)
[ -n "$packages" ] || exit 0
echo "labnet: tool-missing: not installed, and could not be from here: $packages" >&2
exit 43
