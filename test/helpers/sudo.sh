#!/bin/sh
# Prints the path of a sudo(8): the one that is installed, or one of Debian's package.
set -eu
command -v sudo && exit
. "$(dirname "$0")/unpack.sh"
unpack sudo sudo
echo "$root/usr/bin/sudo"
