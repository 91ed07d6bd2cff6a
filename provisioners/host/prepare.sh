#!/bin/sh
# Prepares this machine for labs of namespaces: installs the system tools that are missing (Debian, Ubuntu), or says
# how. Does nothing where all is there; needs no right to install then.
#
#   sh provisioners/host/prepare.sh [--test] [--bench] [--kernel]
#
# --test also brings what the tests run inside labs, --bench what the benchmarks compare with, --kernel what boots another
# kernel for tests (QEMU; nothing of it is started).
set -eu

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export PATH

# TOOL:PACKAGE, what labnet itself runs.
tools="ip:iproute2 iptables-restore:iptables nft:nftables tcpdump:tcpdump ping:iputils-ping unshare:util-linux nsenter:util-linux
       setpriv:util-linux mount:mount sysctl:procps hostname:hostname"
for option in "$@"; do
  case $option in
    --test) tools="$tools curl:curl iperf3:iperf3 traceroute:traceroute dig:dnsutils dnsmasq:dnsmasq-base script:bsdutils ssh-keygen:openssh-client
             turnserver:coturn miniupnpd:miniupnpd-nftables upnpc:miniupnpc natpmpc:natpmpc gcc:gcc gcc:libc6-dev zsh:zsh fish:fish chromium:chromium"
            # Ubuntu has no such package: there the tests of pages in a browser are skipped, and say so.
            ! grep -qs '^ID=ubuntu' /etc/os-release || tools=${tools% chromium:chromium} ;;
    --bench) tools="$tools gcc:gcc gcc:libc6-dev mnexec:mininet brctl:bridge-utils" ;;
    --kernel) tools="$tools qemu-system-x86_64:qemu-system-x86 busybox:busybox-static cpio:cpio depmod:kmod" ;;
    *) echo "prepare.sh: unknown option $option" >&2; exit 2 ;;
  esac
done

missing=
for pair in $tools; do
  command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair##*:}"
done
[ -n "$missing" ] || exit 0
packages=$(printf '%s\n' $missing | sort -u | tr '\n' ' ' | sed 's/ *$//')

. "$(dirname "$0")/rights.sh"
may_install 'labnet needs tools' "$packages"

echo "installing $packages" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { $as_root apt-get update && DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y --no-install-recommends $packages; } >"$log" 2>&1; then
  cat "$log" >&2
  echo "the packages could not be installed; see above" >&2
  exit 1
fi
# The tests run a server of their own in a lab; the package's would serve everybody, now and at every boot.
case $packages in
  *coturn*) [ ! -d /run/systemd/system ] || $as_root systemctl disable --quiet --now coturn || : ;;
esac
