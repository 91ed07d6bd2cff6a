#!/bin/sh
# The first process of a test host (host.ts), in pid, network, mount and ipc namespaces of its own: makes libvirt's folders
# private, starts its daemons, says `ready`, and then collects the processes that libvirt leaves to it. It ends when its
# input does, and with it, by the kernel, all that was started in here.
#
#   sh host.sh BOX      the folder that box.sh printed
set -eu

box=$1 folder=$1/host
exec 3<&0 </dev/null
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export PATH HOME="$folder/home"
unset XDG_CONFIG_HOME XDG_CACHE_HOME XDG_RUNTIME_DIR

# All of it is in memory, and gone with this namespace. /sys anew: the links in it are the network namespace's, and
# without its control groups libvirt makes none on the machine.
mount -t tmpfs -o mode=755 none "$folder"
umount --recursive --lazy /sys
mount -t sysfs none /sys
mount -t tmpfs -o mode=755 none /run
for path in /etc/libvirt /var/lib/libvirt /var/log/libvirt /var/cache/libvirt; do
  mkdir -p "$folder/machine$path"
  mount --bind "$folder/machine$path" "$path"
done
mkdir -p "$HOME/.vagrant.d/boxes" /run/lock /run/libvirt /var/lib/libvirt/images /var/lib/libvirt/dnsmasq
mount --bind -o ro "$box/boxes" "$HOME/.vagrant.d/boxes"
# A key of its own for each machine costs ten seconds of its boot: a test may do without.
echo "Vagrant.configure('2') { |config| config.ssh.insert_key = ENV['LABNET_TEST_KEYS'] != 'known' }" >"$HOME/.vagrant.d/Vagrantfile"

# The volume that Vagrant would copy the box to, and finds there already.
image=$box/boxes/labnet-test/0/libvirt/box.img
volume=/var/lib/libvirt/images/labnet-test_vagrant_box_image_0_$(stat --format=%Y "$image")_box.img
: >"$volume"
mount --bind -o ro "$image" "$volume"

cat >/etc/libvirt/qemu.conf <<'END'
security_driver = "none"
user = "root"
group = "root"
remember_owner = 0
namespaces = []
END
cat >/etc/libvirt/libvirtd.conf <<'END'
auth_unix_ro = "none"
auth_unix_rw = "none"
unix_sock_group = "root"
END
: >/etc/libvirt/virtlogd.conf

# Software emulation keeps what it has translated, by default a gigabyte of it, and throws it away bit by bit when a guest
# reboots: that takes minutes. With a smaller cache it does not, and a guest fits into a third of the memory.
cat >"$folder/qemu" <<'END'
#!/bin/sh
for argument; do
  shift
  [ "$argument" != tcg ] || argument=tcg,tb-size=128
  set -- "$@" "$argument"
done
exec qemu-system-x86_64 "$@"
END
chmod +x "$folder/qemu"

ip link set lo up
virtlogd --daemon 3<&-
libvirtd --daemon 3<&-
tries=0
until timeout 5 virsh --connect qemu:///system list >/dev/null 2>&1 3<&-; do
  tries=$((tries + 1))
  [ "$tries" -lt 100 ] || { cat /var/log/libvirt/*.log >&2 || true; echo "libvirtd does not answer" >&2; exit 1; }
  sleep 0.1
done
echo ready

# `wait` also collects the orphans of this pid namespace, which libvirt watches go.
cat <&3 >/dev/null &
exec 3<&-
wait $! || true
