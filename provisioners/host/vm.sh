#!/bin/sh
# Prepares this machine for labs of virtual machines (Debian, Ubuntu): Vagrant with libvirt and QEMU, and what builds the
# tests' box. Does nothing where all is there; needs no right to install then. Otherwise installs, or says how.
#
#   sh provisioners/host/vm.sh
#
# Nothing is started, and no bridge appears: what packages start when they are installed is ended again (see below).
# Where systemd runs, libvirtd starts at the next boot or with `systemctl start libvirtd`, as Debian has it.
set -eu

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export PATH

# TOOL:PACKAGE, and packages that bring no tool of their own.
tools="vagrant:vagrant libvirtd:libvirt-daemon-system virsh:libvirt-clients qemu-system-x86_64:qemu-system-x86
       qemu-img:qemu-utils dnsmasq:dnsmasq-base mmdebstrap:mmdebstrap mke2fs:e2fsprogs ssh:openssh-client
       unshare:util-linux nsenter:util-linux setpriv:util-linux flock:util-linux"
libraries="vagrant-libvirt ruby-libvirt libvirt-daemon-system"

# Both only read, and find nothing where the package manager is another one.
is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
bridges() { ip -o link show type bridge 2>/dev/null | sed 's/^[0-9]*: \([^:@]*\).*/\1/' | sort; }

missing=
for pair in $tools; do
  command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair##*:}"
done
for package in $libraries; do
  is_installed "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
packages=$(printf '%s\n' $missing | sort -u | tr '\n' ' ' | sed 's/ *$//')

. "$(dirname "$0")/rights.sh"
may_install 'labs of virtual machines need packages' "$packages"

echo "installing $packages" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
before=$(bridges)

# The packages are fetched first, then set up in pid, network and mount namespaces of their own, where systemd is out of
# sight (/run/systemd): a maintainer script that starts a daemon either finds nobody to ask, or starts it in there, and
# it ends with apt. No policy-rc.d is written, so nothing can be left of one.
install_apart() {
  $as_root unshare --mount --net --pid --fork --kill-child --mount-proc sh -euc '
    if [ -d /run/systemd ]; then mount -t tmpfs none /run/systemd; fi
    DEBIAN_FRONTEND=noninteractive exec apt-get install -y --no-install-recommends --no-download "$@"' sh $packages
}
if ! { $as_root apt-get update &&
  $as_root apt-get install -y --no-install-recommends --download-only $packages &&
  install_apart; } >"$log" 2>&1; then
  cat "$log" >&2
  echo "the packages could not be installed; see above" >&2
  exit 1
fi
if [ -d /run/systemd/system ]; then $as_root systemctl daemon-reload || true; fi

if [ "$(bridges)" != "$before" ]; then
  echo "the installation made a bridge that was not there before: $(bridges | tr '\n' ' ')" >&2
  exit 1
fi
