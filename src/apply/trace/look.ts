/** Queries machines for a trace: rules and counters before it, and routes and neighbours where a packet ended. */
import type { Command, Output } from '../../core/command.js';
import type { Lab, Machine } from '../../model/lab.js';
import { bare } from '../../model/view.js';
import type { Session } from '../../transport/session.js';
import type { RuleTexts } from './rule-texts.js';
import { ruleTexts } from './rule-texts.js';
import type { Tunnels } from './tunnels.js';
import { readTunnels } from './tunnels.js';

const TIMEOUT = 15_000;

/** The kernel's counters of packets that it dropped, by name: `TcpExt.IPReversePathFilter`. */
export type Counters = ReadonlyMap<string, number>;

export type Survey = {
  /** The model's interfaces by their names in the machine. */
  readonly interfaces: ReadonlyMap<string, string>;
  /** Bytes, by the names of interfaces in the machine. */
  readonly mtus: ReadonlyMap<string, number>;
  readonly tunnels: Tunnels;
  readonly counters: Counters;
  readonly rules: RuleTexts;
  /** As `MachineState` has it. */
  readonly queues: string;
};

const COUNTERS = 'cat /proc/net/snmp /proc/net/netstat; cat /proc/net/snmp6 2>/dev/null';
const SURVEY = `echo '#-- addresses'; ip -o addr show
echo '#-- links'; ip -o -d link show
echo '#-- counters'; ${COUNTERS}
echo '#-- queues'; tc -s qdisc show 2>/dev/null
echo '#-- nft'; nft -a list ruleset 2>/dev/null
echo '#-- ip'; iptables-save 2>/dev/null
echo '#-- ip6'; ip6tables-save 2>/dev/null
echo '#-- end'`;

export async function survey(
  session: Session,
  lab: Lab,
  machines: readonly string[],
): Promise<ReadonlyMap<string, Survey>> {
  const outputs = await session.run(machines.map((machine) => shell(machine, SURVEY)));
  return new Map(
    machines.map((name, index) => {
      const said = sections(outputs[index]);
      const machine = lab.machines.find((one) => one.name === name);
      return [
        name,
        {
          interfaces: interfacesOf(machine, said('addresses')),
          mtus: mtusOf(said('links')),
          tunnels: readTunnels(said('links')),
          counters: readCounters(said('counters')),
          rules: ruleTexts(said('nft'), { ip: said('ip'), ip6: said('ip6') }),
          queues: said('queues'),
        },
      ];
    }),
  );
}

const shell = (machine: string, script: string, ...args: readonly string[]): Command => ({
  machine,
  argv: ['sh', '-c', script, 'labnet-trace', ...args],
  timeout: TIMEOUT,
});

function sections(output: Output | undefined): (name: string) => string {
  const parts = new Map(
    (output?.stdout ?? '').split(/^#-- /m).map((part): [string, string] => {
      const end = part.indexOf('\n');
      return [part.slice(0, end), part.slice(end + 1)];
    }),
  );
  return (name) => parts.get(name) ?? '';
}

/** By their addresses: not every machine uses the model's interface names. */
function interfacesOf(machine: Machine | undefined, text: string): ReadonlyMap<string, string> {
  const owners = new Map(
    machine?.interfaces.flatMap(({ name, addresses }) =>
      addresses.map((one): [string, string] => [bare(one), name]),
    ),
  );
  const found = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, on, address] = /^\d+: (\S+) +inet6? ([^/ ]+)/.exec(line) ?? [];
    const owner = owners.get(address ?? '');
    if (on !== undefined && owner !== undefined) found.set(on, owner);
  }
  // An interface that has lost its addresses is found by its name.
  for (const { name } of machine?.interfaces ?? []) {
    if (![...found.values()].includes(name) && !found.has(name)) found.set(name, name);
  }
  return found;
}

const mtusOf = (text: string): ReadonlyMap<string, number> =>
  new Map(
    [...text.matchAll(/^\d+: ([^:@ ]+)[^:]*: .* mtu (\d+) /gm)].map(([, name = '', mtu]) => [
      name,
      Number(mtu),
    ]),
  );

/** /proc/net/snmp and netstat: a line of names, then one of numbers; snmp6: a name and a number per line. */
function readCounters(text: string): Counters {
  const found = new Map<string, number>();
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    const [group = '', ...words] = line.trim().split(/\s+/);
    if (/^Ip6\S+$/.test(group) && words.length === 1) found.set(group, Number(words[0]));
    const values = (lines[index + 1] ?? '').trim().split(/\s+/);
    if (!group.endsWith(':') || values[0] !== group || !/^[A-Za-z]/.test(words[0] ?? '')) continue;
    words.forEach((name, at) => found.set(`${group.slice(0, -1)}.${name}`, Number(values[at + 1])));
  }
  return found;
}

/** A packet that ended in a machine. */
export type Question = {
  readonly machine: string;
  readonly source: string;
  readonly destination: string;
  /** The interface it came in by; left out if the machine sends it itself. */
  readonly in?: string;
};

export type MachineState = {
  /** The output of `ip route get`: the route, or why there is none. */
  readonly route: string;
  /** The most specific route of the main table, such as `blackhole 10.0.0.0/8`; empty if there is none. */
  readonly matched: string;
  /** Lines of `ip neigh`. */
  readonly neighbours: readonly string[];
  readonly links: readonly string[];
  readonly mtus: ReadonlyMap<string, number>;
  readonly addresses: readonly string[];
  /** sysctls by their name, such as `net.ipv4.ip_forward`. */
  readonly settings: ReadonlyMap<string, string>;
  /** Packets dropped by queueing disciplines of an interface; `tc -s qdisc`. */
  readonly queues: string;
  /** Ports with a socket, `udp 53`. */
  readonly ports: ReadonlySet<string>;
  readonly counters: Counters;
};

const LOOK = `family=$1 to=$2 from=$3 in=$4
echo '#-- route'
if [ -n "$in" ]; then ip -"$family" route get "$to" from "$from" iif "$in" 2>&1
elif [ -n "$from" ]; then ip -"$family" route get "$to" from "$from" 2>&1
else ip -"$family" route get "$to" 2>&1; fi
echo '#-- matched'; ip -"$family" route show match "$to" 2>/dev/null
echo '#-- neighbours'; ip -"$family" neigh show
echo '#-- links'; ip -o link show
echo '#-- addresses'; ip -o addr show
echo '#-- settings'
for setting in net/ipv4/ip_forward net/ipv4/icmp_echo_ignore_all net/ipv4/conf/all/rp_filter net/ipv6/conf/all/forwarding net/ipv6/icmp/echo_ignore_all "net/ipv4/conf/$in/rp_filter"; do
  [ -r "/proc/sys/$setting" ] && echo "$setting=$(cat "/proc/sys/$setting")"
done
echo '#-- queues'; tc -s qdisc show 2>/dev/null
echo '#-- ports'
for kind in tcp udp; do for file in $kind \${kind}6; do awk -v kind=$kind 'NR > 1 && (kind == "udp" || $4 == "0A") { print kind, $2 }' /proc/net/$file 2>/dev/null; done; done
echo '#-- counters'; ${COUNTERS}
echo '#-- end'`;

export async function look(
  session: Session,
  { machine, source, destination, in: on = '' }: Question,
): Promise<MachineState> {
  const family = destination.includes(':') ? '6' : '4';
  const [output] = await session.run([shell(machine, LOOK, family, destination, source, on)]);
  const said = sections(output);
  const lines = (name: string): string[] =>
    said(name)
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
  return {
    route: lines('route').join(' '),
    matched: mostSpecific(lines('matched')),
    neighbours: lines('neighbours'),
    links: lines('links'),
    mtus: mtusOf(said('links')),
    addresses: lines('addresses'),
    settings: new Map(
      lines('settings').map((line): [string, string] => {
        const [name = '', value = ''] = line.split('=');
        return [name.replaceAll('/', '.'), value];
      }),
    ),
    queues: said('queues'),
    ports: new Set(
      lines('ports').map((line) => {
        const [kind = '', local = ''] = line.split(' ');
        return `${kind} ${parseInt(local.split(':').at(-1) ?? '', 16)}`;
      }),
    ),
    counters: readCounters(said('counters')),
  };
}

/** The one with the longest prefix. */
function mostSpecific(routes: readonly string[]): string {
  const length = (route: string): number => {
    const [, , bits] =
      /^(?:(?:blackhole|unreachable|prohibit|throw|unicast) )?(\S+?)(?:\/(\d+))?(?: |$)/.exec(route) ?? [];
    return /\bdefault\b/.test(route) ? 0 : Number(bits ?? 128);
  };
  return [...routes].sort((one, other) => length(other) - length(one))[0] ?? '';
}

/** How much a counter has grown. */
export const grown = (before: Counters | undefined, after: Counters, name: string): number =>
  (after.get(name) ?? 0) - (before?.get(name) ?? 0);
