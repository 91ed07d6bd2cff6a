/** The programs that configure guests' networks: what each says of interfaces, and what makes it set them up again. */

/** As box.sh has them. */
export type Manager = 'ifupdown' | 'networkd' | 'netplan' | 'NetworkManager';

export type Guest = {
  readonly manager: Manager;
  /** Those on the lab's interfaces, and no others. */
  readonly addresses: readonly string[];
  /** The lab's default route, where the machine has one. */
  readonly gateway?: string;
  /** What the manager has as soon as it may have everything. */
  readonly unguarded: string;
};

const DHCP_ON_ALL = 'eth0 eth1';

/** virtual-wan's machines. */
export const GUESTS: Readonly<Record<string, Guest>> = {
  router: {
    manager: 'ifupdown',
    addresses: ['eth1 192.168.10.10/24', 'eth2 172.168.10.10/24'],
    unguarded: 'eth0',
  },
  proxyA: {
    manager: 'networkd',
    addresses: ['eth1 192.168.10.100/24'],
    gateway: '192.168.10.10',
    unguarded: DHCP_ON_ALL,
  },
  peerA: {
    manager: 'netplan',
    addresses: ['eth1 192.168.10.101/24'],
    gateway: '192.168.10.10',
    unguarded: 'eth0',
  },
  proxyB: {
    manager: 'NetworkManager',
    addresses: ['eth1 172.168.10.100/24'],
    gateway: '172.168.10.10',
    unguarded: DHCP_ON_ALL,
  },
  peerB: {
    manager: 'ifupdown',
    addresses: ['eth1 172.168.10.101/24'],
    gateway: '172.168.10.10',
    unguarded: 'eth0',
  },
};

const networkd = `networkctl --no-legend --no-pager list | awk '$NF != "unmanaged" { print $2 }'`;

/** Prints the interfaces that it has. */
const MANAGED: Readonly<Record<Manager, string>> = {
  ifupdown: `ifquery --state | sed '/^lo=/d; s/=.*//'`,
  networkd,
  netplan: networkd,
  NetworkManager: `nmcli -t -f DEVICE,STATE device | sed '/^lo:/d; /:unmanaged$/d; s/:.*//'`,
};

/** Asks for the management interface's address again, by the heaviest way that the manager has. */
export const RENEW: Readonly<Record<Manager, string>> = {
  ifupdown: 'dhclient -1 -pf /run/again.pid eth0; kill $(cat /run/again.pid)',
  networkd: 'networkctl reconfigure eth0',
  netplan: 'netplan apply',
  NetworkManager: 'nmcli connection up "Wired connection 1"',
};

export const managed = (manager: Manager): string => `echo managed $(${MANAGED[manager]})`;

/** What `seen` prints where all is as the lab has it. */
export const expected = ({ addresses, gateway }: Guest): string =>
  [
    'managed eth0',
    ...addresses,
    gateway === undefined ? 'via 192.168.121.1 dev eth0' : `via ${gateway} dev eth1`,
    'main table: eth0',
  ].join('\n');

/** Who has which interface, the lab's addresses, the way out, and the default route that DHCP gave. */
export const seen = ({ manager }: Guest): string => `${managed(manager)}
ip -o address | awk '$2 ~ /^eth[1-9]/ { print $2, $4 }'
ip route get 8.8.8.8 | sed -n 's/.*\\(via [^ ]* dev [^ ]*\\).*/\\1/p'
ip route show default | sed 's/.* dev \\([^ ]*\\).*/main table: \\1/'`;

/** Run before the lab is, it keeps what is there; run again, it prints what is another. */
export const BEFORE = `state() {
  ip rule; ip -6 rule; ip route show table 7110 2>/dev/null; iptables-save | grep ^-A
  cd /proc/sys/net
  grep . ipv4/ip_forward ipv4/icmp_ratelimit ipv4/conf/*/forwarding ipv4/conf/*/rp_filter ipv4/conf/*/send_redirects
  cd /
  find etc usr/local var/lib/labnet ! -name hostname ! -name resolv.conf \\( -type f -exec sha256sum {} + -o -printf '%p %l\\n' \\) 2>/dev/null | sort
}
if [ -e /var/tmp/before ]; then state | diff /var/tmp/before - || :; else state >/var/tmp/before; fi`;
