#!/bin/sh
# The way from a host of wan-20 to one of its other site, made by hand as well as it can be: bridges in a namespace of their own, and
# nothing but what the way needs. To be run in namespaces of its own; runs the command behind it with CLIENT, SERVER and TARGET set.
#
#   sh handmade.sh COMMAND…
set -eu

for name in fabric a ra rb b; do
  ip netns add "$name"
  ip -n "$name" link set lo up
  ip netns exec "$name" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
done
# They are there once the module is, and frames between ports need no filter.
for filter in iptables ip6tables arptables; do
  ip netns exec fabric sysctl -qw "net.bridge.bridge-nf-call-$filter=0" 2>/dev/null || :
done

# plug MACHINE INTERFACE ADDRESS BRIDGE
plug() {
  ip -n fabric link add "$1-$2" type veth peer name "$2" netns "$1"
  ip -n fabric link set "$1-$2" master "$4" up
  ip -n "$1" addr add "$3" dev "$2"
  ip -n "$1" link set "$2" up
}

for bridge in site1 site2 core; do
  ip -n fabric link add "$bridge" type bridge
  ip -n fabric link set "$bridge" up
done
plug ra eth0 10.0.0.1/24 site1
plug ra eth1 198.18.0.1/16 core
plug rb eth0 10.0.1.1/24 site2
plug rb eth1 198.18.0.2/16 core
plug a eth0 10.0.0.2/24 site1
plug b eth0 10.0.1.2/24 site2
ip -n a route add default via 10.0.0.1
ip -n b route add default via 10.0.1.1
ip -n ra route add 198.19.0.16/28 via 198.18.0.2
ip -n rb route add 198.19.0.0/28 via 198.18.0.1

# nat ROUTER INSIDE PUBLIC
nat() {
  ip netns exec "$1" sysctl -qw net.ipv4.ip_forward=1
  ip netns exec "$1" iptables -t nat -A PREROUTING -i eth1 -d "$3" -j DNAT --to-destination "$2"
  ip netns exec "$1" iptables -t nat -A POSTROUTING -o eth1 -s "$2" -j SNAT --to-source "$3"
}
nat ra 10.0.0.2 198.19.0.1
nat rb 10.0.1.2 198.19.0.17

CLIENT='ip netns exec a' SERVER='ip netns exec b' TARGET=198.19.0.17 "$@"
