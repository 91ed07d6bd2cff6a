/** Whether this machine can run labs of namespaces, and what to do where it cannot. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { endianness } from 'node:os';
import type { Diagnostic } from '../../core/diagnostic.js';
import { diagnostic } from '../../core/diagnostic.js';
import { canUnshare } from '../../sys/capabilities.js';
import { findTool, toolEnv } from '../../sys/tools.js';

/** What each tool is for, and the Debian package it comes in. */
const TOOLS: readonly (readonly [tool: string, packageName: string, purpose: string])[] = [
  ['iptables-restore', 'iptables', 'NAT and filter rules'],
  ['nft', 'nftables', 'NAT behaviour'],
  ['unshare', 'util-linux', 'namespaces of an ordinary user'],
  ['nsenter', 'util-linux', 'commands in machines'],
  ['setpriv', 'util-linux', 'commands in machines'],
  ['mount', 'mount', 'commands in machines'],
  ['tcpdump', 'tcpdump', 'labnet verify'],
];

export function probeHost(): Diagnostic[] {
  const found = TOOLS.filter(([tool]) => findTool(tool) === undefined).map(([tool, packageName, purpose]) =>
    diagnostic('tool-missing', `${tool} is not installed; it is needed for ${purpose}`, {
      fix: `apt-get install ${packageName}`,
    }),
  );
  if (endianness() !== 'LE')
    found.push(
      unavailable('this computer is big-endian, which the netlink messages of labnet are not written for'),
    );
  return [...found, ...(found.length === 0 ? probeKernel() : [])];
}

const unavailable = (message: string, fix?: string): Diagnostic =>
  diagnostic('driver-unavailable', message, { fix });

/** What is asked most of the kernel: a map that rules fill, of several fields to several. */
const MAPS = `table ip x {
  map m { type inet_proto . ipv4_addr . inet_service : ipv4_addr . inet_service; flags dynamic,timeout; }
  chain a { type nat hook postrouting priority 105; meta l4proto udp snat ip addr . port to meta l4proto . ct original ip saddr . ct original proto-src map @m; }
  chain b { type filter hook postrouting priority 110; meta l4proto udp update @m { meta l4proto . ct original ip saddr . ct original proto-src timeout 1s : ct reply ip daddr . ct reply proto-dst }; }
}`;

const SETTING = '/proc/sys/net/ipv4/ip_forward';

/** Tries it out: a namespace with a bridge and a NAT rule, gone at once. */
function probeKernel(): Diagnostic[] {
  const user = canUnshare() ? [] : ['--user', '--map-root-user'];
  const attempt = (script: string): string | undefined => {
    const { status, stderr, error } = spawnSync(
      'unshare',
      [...user, '--net', '--mount', '--', 'sh', '-c', script],
      { env: toolEnv(), encoding: 'utf8', timeout: 10_000 },
    );
    return status === 0 ? undefined : (error?.message ?? stderr.trim().split('\n').at(-1) ?? 'it failed');
  };
  const namespaces = attempt(':');
  if (namespaces !== undefined)
    return [unavailable(`no network namespaces here: ${namespaces}`, userNamespaceFix())];
  const settings = attempt(
    `(: >${SETTING}) 2>/dev/null || { mount -o remount,bind,rw /proc/sys && : >${SETTING}; }`,
  );
  if (settings !== undefined) {
    const fix = 'start the container with --privileged';
    return [unavailable('/proc/sys is read-only here, as containers have it', fix)];
  }
  const nat = attempt(
    'mount -t tmpfs none /run && iptables -t nat -A POSTROUTING -s 192.0.2.1 -m conntrack --ctstate DNAT -m comment --comment x -j SNAT --to 192.0.2.2',
  );
  if (nat !== undefined) {
    const fix = 'as root: modprobe -a nf_tables nft_compat nf_nat xt_conntrack xt_comment';
    return [unavailable(`no NAT in a network namespace: ${nat}`, fix)];
  }
  const maps = attempt(`nft '${MAPS}'`);
  const fix = 'a kernel of 5.10 or later and nft of 1.0 or later; as root: modprobe -a nft_nat nft_ct';
  return maps === undefined ? [] : [unavailable(`no maps for NAT behaviour: ${maps}`, fix)];
}

/** Distributions close user namespaces in different ways (user_namespaces(7)); each has one setting to open them. */
function userNamespaceFix(): string {
  if (readSetting('kernel/apparmor_restrict_unprivileged_userns') === '1')
    return 'as root: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0';
  if (readSetting('kernel/unprivileged_userns_clone') === '0')
    return 'as root: sysctl -w kernel.unprivileged_userns_clone=1';
  if (readSetting('user/max_user_namespaces') === '0')
    return 'as root: sysctl -w user.max_user_namespaces=15000';
  return existsSync('/.dockerenv')
    ? 'start the container with --privileged, or --cap-add SYS_ADMIN --cap-add NET_ADMIN --security-opt seccomp=unconfined --security-opt apparmor=unconfined'
    : 'run labnet as root';
}

function readSetting(name: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${name}`, 'utf8').trim();
  } catch {
    return undefined;
  }
}
