#!/bin/sh
# Waits until the kernel has taken dead network namespaces apart, so that one run does not pay for the one before. It
# does so in the background and in order, all that are dead at once as one batch: so when a namespace that died now is
# gone (and with it the other end of its veth), those before it are. The second one waits for what died with the first.
#
# To be run in a network namespace of its own.
set -eu
TRIES=2400 # of 25 ms: a minute

waits_while() {
  tries=0
  while "$@" >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -lt "$TRIES" ] || { echo "settle.sh: the kernel is still not done" >&2; exit 1; }
    sleep 0.025
  done
}

is_in_this_namespace() { [ "$(readlink "/proc/$1/ns/net")" = "$(readlink /proc/self/ns/net)" ]; }

for marker in first second; do
  unshare --net sleep 120 &
  pid=$!
  waits_while is_in_this_namespace "$pid"
  ip link add "$marker" type veth peer name "$marker" netns "$pid"
  kill "$pid"
  waits_while ip link show "$marker"
done
