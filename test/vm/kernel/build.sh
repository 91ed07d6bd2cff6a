#!/bin/sh
# Fetches Debian's stock kernel and makes what boots it under QEMU with this machine's own files below: no disk, no
# installation. Prints the folder they are in, which is made once and then found again:
#
#   vmlinuz, initrd     the kernel, and a first system that has the few modules it needs to see files by 9p
#   modules/            all modules, /lib/modules of the guest
#   tools/              of backports: its tc, for what the stock one knows no words for
#
#   sh test/vm/kernel/build.sh [backports]     the newer kernel that Debian offers for this release
#
# Needs what `provisioners/host/prepare.sh --kernel` installs. The folder's name has a hash of the scripts in it; it appears whole or not at all.
set -eu

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export PATH LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)

cache=${LABNET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/labnet}
suite=${1:-}
name=kernel-$suite$(cat "$here/build.sh" "$here/init" | sha256sum | cut -c 1-12)
if [ -d "$cache/$name" ]; then
  echo "$cache/$name"
  exit 0
fi

mkdir -p "$cache"
# What builds left that were killed, and kernels that are old.
find "$cache" -maxdepth 1 -name 'kernel-*' \( -name '*.part' -mmin +30 -o -mtime +14 \) -exec rm -rf {} +
work=$(mktemp -d "$cache/$name.XXXXXX.part")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP

# fetch FUNCTION: what it prints, as packages. Lists of packages may be old, or not be there yet.
fetch() {
  try "$1" || { apt-get update >/dev/null 2>&1 && try "$1"; } ||
    { cat "$work/download.log" >&2; echo "build.sh: Debian's $1 cannot be fetched" >&2; exit 1; }
}
try() {
  packages=$("$1" 2>/dev/null) && [ -n "$packages" ] || { echo "no list of packages has it" >"$work/download.log"; return 1; }
  # shellcheck disable=SC2086
  (cd "$work" && apt-get download -q $packages >download.log 2>&1)
}
kernel() { apt-cache depends "linux-image-$(dpkg --print-architecture)" | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1; }
kernel_and_tc() { kernel | grep . && echo iproute2; }
# This machine's own may need libraries, which the first system has none of.
busybox_static() { echo busybox-static; }

fetch busybox_static
if [ "$suite" = backports ]; then
  # With lists of its own: what apt knows and installs on this machine stays what it is.
  apt=$work/apt
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/parts"
  apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' | sed -n 's/ \(bookworm\)$/ \1-backports/p' | head -n 1 |
    sed 's|.*|deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] & main|' >"$apt/parts/backports.list"
  cat >"$apt/apt.conf" <<END
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "$apt/parts";
Dir::State::Lists "$apt/lists";
Dir::Cache "$apt/cache";
END
  export APT_CONFIG="$apt/apt.conf"
  fetch kernel_and_tc
else
  fetch kernel
fi

for package in "$work"/*.deb; do dpkg-deb -x "$package" "$work/root"; done
rm "$work"/*.deb
version=$(ls "$work/root/lib/modules")
depmod -b "$work/root" "$version"

first=$work/first
mkdir -p "$first/bin" "$first/modules"
for folder in proc sys dev lower upper new; do mkdir "$first/$folder"; done
cp "$work/root/bin/busybox" "$first/bin/busybox"
install -m 755 "$here/init" "$first/init"
number=100
for module in $(for name in virtio_pci 9pnet_virtio 9p overlay; do
  modprobe -S "$version" -d "$work/root" --show-depends "$name" | sed -n 's/^insmod \([^ ]*\).*/\1/p'
done | awk '!seen[$0]++'); do
  copy=$first/modules/$number-${module##*/}
  cp "$module" "$copy"
  # busybox loads what is not compressed.
  case $copy in *.xz) xz -d "$copy" ;; esac
  number=$((number + 1))
done

mkdir -p "$work/out/tools"
[ "$suite" != backports ] || cp "$work/root/sbin/tc" "$work/out/tools/tc"
(cd "$first" && find . | cpio -o -H newc --quiet | gzip -1) >"$work/out/initrd"
mv "$work"/root/boot/vmlinuz-* "$work/out/vmlinuz"
mv "$work/root/lib/modules" "$work/out/modules"
# Whoever built at the same time was first: the same thing.
mv -T "$work/out" "$cache/$name" 2>/dev/null || [ -d "$cache/$name" ]
echo "$cache/$name"
