#!/bin/sh
# Brings up the example lab, proves it, shows it, and says what to try next.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
sh "$here/setup.sh"

labnet() { node dist/src/cli.js "$@"; }

labnet up topologies/virtual-wan.yaml --verify
echo
labnet status virtual-wan
cat <<'NEXT'

The lab is running. What to try next:
  npx labnet exec proxyA -- ping -c3 100.100.100.200      ping the other side by its public address
  npx labnet exec router -- tcpdump -ni any icmp          watch the router translate (in a second terminal)
  npx labnet shell peerB                                  look around in a machine
  npx labnet render topologies/virtual-wan.yaml           the same lab as shell scripts and iptables rules
  npx labnet down                                         take it away; nothing stays
NEXT
