#!/bin/sh
# Builds the box that the tests with real machines boot: a small Debian, from Debian's packages alone. Prints the
# folder it is in, which is made once and then found again:
#
#   boxes/labnet-test/0/libvirt/   box.img, metadata.json, Vagrantfile: as Vagrant keeps a box in VAGRANT_HOME
#   vmlinuz, initrd                booted directly, for the image has no boot loader
#   host/                          empty: where each test host mounts its own (host.sh)
#   build.log
#
#   sh test/vm/box.sh
#
# Needs root (of its own: the files of the guest are root's) and what provisioners/host/vm.sh installs. The folder's name
# has a hash of this script in it; it appears whole or not at all, whoever is killed or runs at the same time. All guests
# have the same SSH host key, which saves making one with the first boot under emulation.
#
# Which program configures a guest's network is chosen when it boots first, by the kernel's command line: one of
# init=/managed-by/{ifupdown,networkd,netplan,NetworkManager}/init.
set -eu

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export PATH LC_ALL=C

if [ "${1-}" = --build ]; then
  work=$2
  box=$work/out/boxes/labnet-test/0/libvirt root=$work/root
  mkdir -p "$box" "$work/out/host"
else
  work=
fi

packages=iproute2,iptables,nftables,tcpdump,iputils-ping,openssh-server,sudo,systemd-sysv,udev,procps,ethtool,kmod,ifupdown,isc-dhcp-client,netplan.io,network-manager,dbus
kernel=linux-image-cloud-$(dpkg --print-architecture)

# The suite and the mirrors are this machine's own where it is a Debian, otherwise Debian 12 and its usual ones.
. /etc/os-release
suite=bookworm sources=
if [ "$ID" = debian ]; then
  suite=$VERSION_CODENAME
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/debian.list /etc/apt/sources.list.d/debian.sources; do
    if [ -s "$file" ]; then sources="$sources $file"; fi
  done
fi
proxy=$(apt-config shell proxy Acquire::http::Proxy)
eval "$proxy" # sets $proxy anew where apt has one: proxy='http://…'

build() {
  # Documentation and translations are left out: a smaller image is copied and booted sooner.
  mmdebstrap --quiet --mode=root --variant=minbase --include="$packages,$kernel" \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --setup-hook='mkdir -p "$1/etc/initramfs-tools/conf.d"' \
    --setup-hook='printf "MODULES=list\nCOMPRESS=gzip\nFSTYPE=ext4\n" >"$1/etc/initramfs-tools/conf.d/labnet"' \
    --setup-hook='mkdir -p "$1/usr/share/initramfs-tools/modules.d"' \
    --setup-hook='printf "%s\n" virtio_pci virtio_blk virtio_net ext4 >"$1/usr/share/initramfs-tools/modules.d/labnet"' \
    ${proxy:+--aptopt="Acquire::http::Proxy \"$proxy\""} "$suite" "$root" $sources
  configure
  disk
}

configure() {
  key=$(find /usr/share/vagrant /usr/share/rubygems-integration /usr/lib/ruby /opt/vagrant -path '*keys/vagrant.pub' 2>/dev/null | head -n 1)
  [ -n "$key" ] || { echo "no keys/vagrant.pub in the vagrant package"; return 1; }
  chroot "$root" useradd --create-home --shell /bin/bash vagrant
  chroot "$root" usermod --password '*' vagrant
  install -d -m 700 "$root/home/vagrant/.ssh"
  install -m 600 "$key" "$root/home/vagrant/.ssh/authorized_keys"
  chroot "$root" chown -R vagrant:vagrant /home/vagrant/.ssh
  printf 'vagrant ALL=(ALL) NOPASSWD:ALL\n' >"$root/etc/sudoers.d/vagrant"
  chmod 440 "$root/etc/sudoers.d/vagrant"

  echo labnet-test >"$root/etc/hostname"
  printf '127.0.0.1 localhost\n127.0.1.1 labnet-test\n' >"$root/etc/hosts"
  printf '/dev/vda / ext4 noatime 0 0\n' >"$root/etc/fstab"
  # Nothing here is asked of a name server; a machine that knows one would wait for it.
  printf 'UseDNS no\n' >"$root/etc/ssh/sshd_config.d/labnet.conf"
  mkdir -p "$root/etc/systemd/journald.conf.d" "$root/etc/systemd/system.conf.d"
  printf '[Journal]\nStorage=volatile\nRuntimeMaxUse=8M\n' >"$root/etc/systemd/journald.conf.d/labnet.conf"
  # A software-emulated machine is slow, not broken; and a stop need not wait for what hangs.
  printf '[Manager]\nDefaultTimeoutStartSec=120s\nDefaultTimeoutStopSec=10s\n' >"$root/etc/systemd/system.conf.d/labnet.conf"

  # Each process costs half a second under emulation: what a guest of a test does without is left out. That includes
  # the wait for all devices (ifupdown-pre): the network card is there before systemd, by the initrd.
  for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
    fstrim.timer systemd-tmpfiles-clean.timer systemd-pstore.service systemd-timesyncd.service getty.target \
    getty@tty1.service systemd-logind.service systemd-update-utmp.service systemd-update-utmp-runlevel.service \
    systemd-journal-flush.service systemd-random-seed.service systemd-binfmt.service systemd-remount-fs.service \
    systemd-sysusers.service systemd-firstboot.service systemd-machine-id-commit.service ifupdown-pre.service \
    modprobe@configfs.service modprobe@dm_mod.service modprobe@drm.service modprobe@efi_pstore.service \
    modprobe@fuse.service modprobe@loop.service sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount \
    sys-fs-fuse-connections.mount dev-hugepages.mount dev-mqueue.mount proc-sys-fs-binfmt_misc.automount \
    systemd-hwdb-update.service systemd-hostnamed.service polkit.service; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
  done
  printf 'blacklist %s\n' kvm_amd kvm_intel ata_generic ata_piix virtio_balloon evdev serio_raw psmouse floppy pcspkr \
    i2c_piix4 powernow_k8 >"$root/etc/modprobe.d/labnet.conf"
  chroot "$root" systemctl --quiet enable ssh
  managers
  # An empty one is filled at boot, so that machines differ (DHCP's identifier comes of it).
  : >"$root/etc/machine-id"
  rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* "$root"/var/log/* "$root"/lib/udev/hwdb*
}

# None of them runs at first; each has a folder of what it is switched on and told to do by. That is as installations have
# it, where machines come with one interface: networkd and NetworkManager would have those of a lab by DHCP too.
managers() {
  chroot "$root" systemctl --quiet disable networking NetworkManager NetworkManager-wait-online systemd-networkd
  for manager in ifupdown:networking networkd:systemd-networkd netplan: NetworkManager:NetworkManager; do
    folder=$root/managed-by/${manager%:*} unit=${manager#*:}.service
    mkdir -p "$folder/etc/systemd/system/multi-user.target.wants"
    # Once, before anything runs; the next boot finds it done.
    cat >"$folder/init" <<'END'
#!/bin/sh
cd "${0%/init}"
if [ -d etc ]; then cp -a etc / && rm -r etc; fi
cd / && exec /sbin/init
END
    chmod +x "$folder/init"
    [ "$unit" = .service ] || ln -s "/lib/systemd/system/$unit" "$folder/etc/systemd/system/multi-user.target.wants/$unit"
  done
  printf 'source /etc/network/interfaces.d/*\n\nauto lo\niface lo inet loopback\n' >"$root/etc/network/interfaces"
  cd "$root/managed-by"
  mkdir -p ifupdown/etc/network/interfaces.d networkd/etc/systemd/network netplan/etc/netplan
  # These rules start a few programs for each interface, which guests without NetworkManager do not have.
  mkdir -p NetworkManager/etc/udev/rules.d
  mv "$root"/lib/udev/rules.d/*-nm-*.rules NetworkManager/etc/udev/rules.d
  printf 'auto eth0\niface eth0 inet dhcp\n' >ifupdown/etc/network/interfaces.d/eth0
  printf '[Match]\nName=en* eth*\n\n[Network]\nDHCP=yes\n' >networkd/etc/systemd/network/80-dhcp.network
  ln -s /lib/systemd/system/systemd-networkd.service networkd/etc/systemd/system/dbus-org.freedesktop.network1.service
  printf 'network:\n  version: 2\n  ethernets:\n    eth0:\n      dhcp4: true\n' >netplan/etc/netplan/50-cloud-init.yaml
  cd "$work"
}

disk() {
  cp "$root"/boot/vmlinuz-* "$work/out/vmlinuz"
  cp "$root"/boot/initrd.img-* "$work/out/initrd"
  rm -rf "$root"/boot/vmlinuz-* "$root"/boot/initrd.img-*
  mke2fs -q -t ext4 -O ^metadata_csum -m 0 -d "$root" "$work/disk.raw" 1G
  qemu-img convert -O qcow2 "$work/disk.raw" "$box/box.img"
  printf '{"provider":"libvirt","format":"qcow2","virtual_size":1}\n' >"$box/metadata.json"
  printf 'Vagrant.configure("2") { |config| }\n' >"$box/Vagrantfile"
}

if [ -n "$work" ]; then
  build
  exit 0
fi

cache=${LABNET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/labnet}
name=vm-$(sha256sum <"$0" | cut -c 1-12)
if [ -d "$cache/$name" ]; then
  echo "$cache/$name"
  exit 0
fi

# One builds, the others wait for it and find it done. The lock is the kernel's: it is gone with its holder.
mkdir -p "$cache"
exec 9>"$cache/vm.lock"
flock -w 600 9 || { echo "box.sh: another build holds $cache/vm.lock for ten minutes" >&2; exit 1; }
if [ -d "$cache/$name" ]; then
  echo "$cache/$name"
  exit 0
fi
# What builds left that were killed, and boxes that are old: another checkout may use the others.
find "$cache" -maxdepth 1 -name 'vm-*' \( -name '*.part' -o -mtime +14 \) -exec rm -rf {} +

work=$(mktemp -d "$cache/$name.XXXXXX.part")
mkdir -p "$work/out"
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP

echo "building the box of the tests with real machines (about a minute)" >&2
# In pid and mount namespaces of its own, that end with this process: nothing goes on writing, or stays mounted.
if ! setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc \
  sh "$0" --build "$work" >"$work/out/build.log" 2>&1 9>&-; then
  tail -n 30 "$work/out/build.log" >&2
  echo "box.sh: the box could not be built; see above" >&2
  exit 1
fi
mv "$work/out" "$cache/$name"
echo "$cache/$name"
