/**
 * Computers for a lab's guest scripts, made of namespaces: each has a network, files and a management interface of its
 * own, and the lab's interfaces under odd names. They are on bridges in a namespace between them, as VMs are on a host.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import type { Lab, Machine } from '../../src/model/lab.js';
import { viewOf } from '../../src/model/view.js';
import type { GuestScript } from '../../src/render/guest.js';
import { guestScript } from '../../src/render/guest.js';
import { toolEnv } from '../../src/sys/tools.js';
import { readTemplates } from '../../src/transport/assets.js';
import type { Result } from './cli.js';
import { finished, isRoot } from './cli.js';

/** An address past the management interface's gateway, from where somebody logs in by SSH. */
export const FAR = '198.18.0.1';
export const SCRIPT = '/run/setup.sh';

/** Files of its own, and settings that have to come back: it checks sources, and is not said to forward. */
const GUEST = `
set -e
mount -t sysfs sysfs /sys
mount -t tmpfs guest /run
mkdir /run/etc /run/systemd
for one in passwd group nsswitch.conf hosts ld.so.cache ld.so.conf ld.so.conf.d alternatives protocols services ethertypes iproute2; do
  [ ! -e /etc/$one ] || cp -a /etc/$one /run/etc
done
printf '127.0.0.1 localhost\\n127.0.1.1 guest' >/run/etc/hosts
mount --bind /run/etc /etc
mount -t tmpfs guest /usr/local
mkdir /usr/local/lib
mount -t tmpfs guest /var/lib
echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter
echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
ip link set lo up
`;

const templates = readTemplates();
export const sha = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

export function scriptFor(lab: Lab, name: string): GuestScript {
  const view = viewOf(lab);
  const machine = view.machines.get(name);
  if (!machine) throw new Error(name);
  return guestScript(view, machine, { templates, hash: sha });
}

/** A process that keeps namespaces until it is told, or this one ends. */
class Holder {
  readonly #child: ChildProcess;
  readonly ready: Promise<number>;

  constructor(argv: readonly string[], script: string) {
    const [program, ...rest] = [
      ...argv,
      'unshare',
      '--net',
      '--mount',
      '--propagation',
      'private',
      '--',
      'sh',
      '-c',
      `${script}\necho $$\nread -r _`,
    ];
    this.#child = spawn(program, rest, { env: toolEnv(), stdio: ['pipe', 'pipe', 'inherit'] });
    this.ready = new Promise((resolve, reject) => {
      this.#child.stdout?.once('data', (text: Buffer) => resolve(Number(text.toString())));
      this.#child.once('close', () => reject(new Error(`no namespaces: ${script.slice(0, 60)}`)));
    });
  }

  async end(): Promise<void> {
    const closed = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.stdin?.end('\n');
    if (this.#child.exitCode === null) await closed;
  }
}

const run = (argv: readonly string[], input = ''): Promise<Result> => {
  const [program = '', ...rest] = argv;
  const child = spawn(program, rest, { env: toolEnv(), stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => undefined).end(input);
  return finished(child);
};

export class Guests {
  readonly #holders: Holder[];
  readonly #pids: ReadonlyMap<string, number>;

  private constructor(
    readonly lab: Lab,
    readonly host: number,
    pids: ReadonlyMap<string, number>,
    holders: Holder[],
  ) {
    this.#pids = pids;
    this.#holders = holders;
  }

  static async of(lab: Lab): Promise<Guests> {
    const hostHolder = new Holder([], 'ip link set lo up');
    const host = await hostHolder.ready;
    const inHost = ['nsenter', '-t', `${host}`, '--net', '--mount', '--'];
    const holders = lab.machines.map(() => new Holder(inHost, GUEST));
    const pids = new Map<string, number>();
    for (const [index, holder] of holders.entries())
      pids.set(lab.machines[index]?.name ?? '', await holder.ready);
    const guests = new Guests(lab, host, pids, [...holders, hostHolder]);
    await guests.must('', wiring(lab, pids));
    await Promise.all(
      lab.machines.map(async (machine, index) => {
        await guests.must(machine.name, management(index));
        await guests.upload(machine.name, scriptFor(lab, machine.name).text);
      }),
    );
    return guests;
  }

  get names(): string[] {
    return this.lab.machines.map(({ name }) => name);
  }

  /** @param machine its name; none for what is between the machines */
  enter(machine: string): string[] {
    return ['nsenter', '-t', `${this.#pids.get(machine) ?? this.host}`, '--net', '--mount', '--'];
  }

  /** @param args of the script: `"$@"` in it */
  run(machine: string, script: string, input = '', args: readonly string[] = []): Promise<Result> {
    return run([...this.enter(machine), 'sh', '-c', script, 'sh', ...args], input);
  }

  async must(machine: string, script: string, input = ''): Promise<string> {
    const { code, stdout, stderr } = await this.run(machine, script, input);
    if (code !== 0) throw new Error(`${machine}: ${script.slice(0, 200)}: ${code ?? ''} ${stderr}`);
    return stdout;
  }

  async upload(machine: string, text: string, path = SCRIPT): Promise<void> {
    await this.must(machine, `cat >${path}`, text);
  }

  setup(machine: string, word = 'apply'): Promise<Result> {
    return this.run(machine, `sh ${SCRIPT} ${word}`);
  }

  async applyAll(): Promise<void> {
    await Promise.all(this.names.map((name) => this.must(name, `sh ${SCRIPT} apply`)));
  }

  /** The interface that a machine has on a segment. */
  device(machine: string, segment: string): string {
    const found = this.lab.machines.find(({ name }) => name === machine)?.interfaces ?? [];
    return deviceName(found.findIndex((one) => one.segment === segment));
  }

  /** All that the script could change, but for what the kernel counts. */
  state(machine: string): Promise<string> {
    return this.must(machine, STATE);
  }

  async end(): Promise<void> {
    for (const holder of this.#holders) await holder.end();
  }
}

/** Names that nobody would guess, the first not being the first. */
const deviceName = (index: number): string => `ens${7 - index}`;

/** Bridges for segments and for the management network, with the host's own addresses on the latter. */
function wiring({ segments, machines }: Lab, pids: ReadonlyMap<string, number>): string {
  const bridges = new Map(segments.map(({ name }, index) => [name, `b${index}`]));
  return [
    'set -e',
    'echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad',
    'ip link add name mgmt up type bridge mcast_snooping 0',
    `ip address add 192.168.121.1/24 dev mgmt; ip address add ${FAR}/32 dev lo; ip address add 2001:db8:ffff::1/64 dev mgmt nodad`,
    ...[...bridges.values()].map((name) => `ip link add name ${name} up type bridge mcast_snooping 0`),
    ...machines.flatMap((machine, index) => cables(machine, index, pids.get(machine.name) ?? 0, bridges)),
  ].join('\n');
}

function cables(
  { interfaces }: Machine,
  index: number,
  pid: number,
  bridges: ReadonlyMap<string, string>,
): string[] {
  return [
    `ip link add name m${index} master mgmt up type veth peer name mgmt0 netns ${pid}`,
    ...interfaces.map(
      ({ segment, mac }, i) =>
        `ip link add name p${index}.${i} master ${bridges.get(segment) ?? ''} up type veth peer name ${deviceName(i)} address ${mac} netns ${pid}`,
    ),
  ];
}

/** As DHCP leaves it. */
const management = (index: number): string => `set -e
ip address add 192.168.121.${index + 10}/24 dev mgmt0
ip address add 2001:db8:ffff::${index + 10}/64 dev mgmt0 nodad
echo 2 >/proc/sys/net/ipv4/conf/mgmt0/rp_filter
ip link set mgmt0 up
ip route add default via 192.168.121.1 dev mgmt0 proto dhcp metric 100
ip -6 route add default via 2001:db8:ffff::1 dev mgmt0 proto ra metric 100`;

const STATE = `
ip -br link | sed '/^labnet/s/ [0-9a-f:]* <.*//'; ip -br address; ip -o link | sed 's/^[0-9]*: \\([^:]*\\): .* \\(mtu [0-9]*\\) .*/\\1 \\2/' | sort
for table in all; do ip route show table $table; ip -6 route show table $table; done
ip rule; ip -6 rule
for one in nft legacy; do iptables-$one-save 2>/dev/null | grep -e ^-A -e :LABNET | sed 's/\\[.*//'; done
grep -r . /proc/sys/net/ipv4/conf /proc/sys/net/ipv6/conf /proc/sys/net/ipv4/ip_forward 2>/dev/null | grep -v stable_secret
cd /
find etc usr/local var/lib run -path run/etc -prune -o -path run/mount -prune -o -path etc/alternatives -prune -o -path run/kill -prune -o ! -name setup.sh ! -name 'xtables.lock' ! -type d -printf '%p %m %l\\n' | sort
find etc usr/local var/lib run -path run/etc -prune -o -path run/mount -prune -o -path etc/alternatives -prune -o -path run/kill -prune -o -type d -printf '%p\\n' | sort
find etc var/lib usr/local run/labnet -path etc/alternatives -prune -o -type f -print 2>/dev/null | sort | xargs sha256sum
nft list tables | grep labnet
nft list table netdev labnet 2>/dev/null
tc qdisc show | sed '/ noqueue 0: /d; s/ refcnt [0-9]*//' | sort
for one in $(grep -lsx -e miniupnpd -e perl /proc/[0-9]*/comm); do
  [ "$(readlink \${one%/comm}/ns/net)" != "$(readlink /proc/self/ns/net)" ] ||
    tr '\\0' '\\n' <\${one%/comm}/cmdline | grep -e miniupnpd -e port-control
done 2>/dev/null
:
`;

/** Whether this computer can make what the guests are made of. */
/** Why there can be none here; empty where there can. */
export function noGuests(): string {
  if (!isRoot) return 'machines of namespaces with files of their own need root';
  const { status } = spawnSync('unshare', ['--net', '--mount', 'true'], { env: toolEnv() });
  return status === 0 ? '' : 'no namespaces here';
}

/** Two states line by line: what is gone and what is new. */
export function changes(before: string, after: string): string[] {
  const [old, now] = [new Set(before.split('\n')), new Set(after.split('\n'))];
  return [
    ...[...old].filter((line) => !now.has(line)).map((line) => `- ${line}`),
    ...[...now].filter((line) => !old.has(line)).map((line) => `+ ${line}`),
    ...(before.length === after.length || old.size !== now.size ? [] : ['in number or order']),
  ];
}
