/** The written checks: each names machines and addresses of the lab. */
import { formatAddress, parseAddress } from '../../core/ip.js';
import { memoizedFor } from '../../core/memo.js';
import { didYouMean, list } from '../../core/suggest.js';
import type { WrittenCheck as Written } from '../../topology/schema.js';
import type { Path } from '../../topology/source.js';
import { EFFORT } from '../effort.js';
import type { Draft, DraftMachine, Pass } from '../draft.js';
import { isDamagedMachine, machineNames, machinesNamed, routerNames, segmentsNamed } from '../draft.js';
import type { Mapping, Protocol, Target, WrittenCheck } from '../lab.js';
import { familyOf, translatedOut } from '../view.js';

const KINDS = ['ping', 'tcp', 'udp', 'blocked', 'path'] as const;
type Kind = (typeof KINDS)[number];

export const readChecks: Pass = (draft) => {
  for (const [index, written] of (draft.topology.checks ?? []).entries()) {
    // A list entry that could not be read is undefined.
    if ((written as Written | undefined) === undefined) continue;
    draft.checks.push(...readCheck(draft, written, ['checks', index]));
  }
};

function readCheck(draft: Draft, written: Written, path: Path): WrittenCheck[] {
  const kind = KINDS.find((one) => one in written) ?? 'ping';
  const text = (written as Record<Kind, string>)[kind];
  const at = [...path, kind];
  const [, source, destination] = /^\s*(\S+)\s*->\s*(\S+)\s*$/.exec(text) ?? [];
  if (source === undefined || destination === undefined) {
    draft.report('check-malformed', `'${text}' does not read as SOURCE -> DESTINATION`, at, {
      fix: `write '${kind}: HOST -> HOST'`,
    });
    return [];
  }
  const froms = namedMachines(draft, source, at);
  const to = readTarget(draft, destination, kind, written, at);
  const routers = 'via' in written ? readRouters(draft, written.via, path) : undefined;
  const seenAs = readSeenAs(draft, written, path);
  if (!to || routers === false || seenAs === false) return [];
  const protocol = protocolOf(kind, written, to.port);
  draft.spend(froms.length * EFFORT.check, at);
  const line = draft.line(path);
  const words = text.replace(/\s+/g, ' ').trim();
  return froms.map(({ name }): WrittenCheck => ({
    kind,
    line,
    text: words,
    from: name,
    to,
    ...(protocol && { protocol }),
    ...(seenAs !== undefined && { seenAs }),
    ...(routers && { routers }),
  }));
}

function protocolOf(kind: Kind, written: Written, port: number | undefined): 'icmp' | Protocol | undefined {
  if (kind === 'tcp' || kind === 'udp') return kind;
  if (kind !== 'blocked') return undefined;
  return ('proto' in written ? written.proto : undefined) ?? (port === undefined ? 'icmp' : 'tcp');
}

function namedMachines(draft: Draft, name: string, path: Path): readonly DraftMachine[] {
  const machines = machinesNamed(draft, name);
  if (machines.length === 0) sayUnknown(draft, name, path);
  return machines;
}

function sayUnknown(draft: Draft, name: string, path: Path): void {
  if (isDamagedMachine(draft, name)) return;
  const isSegment = segmentsNamed(draft, name).length > 0;
  draft.report(
    'check-unknown',
    isSegment ? `'${name}' is a segment, and a check is between machines` : `there is no machine '${name}'`,
    path,
    {
      fix: () =>
        isSegment
          ? `name a machine on it: ${list(machinesOn(draft, name)) || 'there is none'}`
          : didYouMean(name, machineNames(draft), 'machines'),
    },
  );
}

function machinesOn(draft: Draft, segment: string): string[] {
  const segments = segmentsNamed(draft, segment);
  return [...draft.machines.values()].flatMap(({ name, on }) =>
    segments.some((one) => on.has(one)) ? name : [],
  );
}

/** MACHINE, MACHINE.SEGMENT or an address, then :PORT; an IPv6 address with a port is in brackets (RFC 3986). */
function splitPort(text: string): { name: string; port: string | undefined } {
  const [, bracketed, after] = /^\[([^\]]+)\](?::(.*))?$/.exec(text) ?? [];
  if (bracketed !== undefined) return { name: bracketed, port: after };
  if (parseAddress(text)) return { name: text, port: undefined };
  const at = text.lastIndexOf(':');
  return at < 0 ? { name: text, port: undefined } : { name: text.slice(0, at), port: text.slice(at + 1) };
}

function readTarget(
  draft: Draft,
  text: string,
  kind: Kind,
  written: Written,
  path: Path,
): Target | undefined {
  const { name, port } = splitPort(text);
  const wantsPort =
    kind === 'tcp' ||
    kind === 'udp' ||
    (kind === 'blocked' && 'proto' in written && written.proto !== undefined && written.proto !== 'icmp');
  const isPort = port !== undefined && /^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65535;
  if (port === undefined ? wantsPort : !isPort || kind === 'ping' || kind === 'path') {
    const message =
      port === undefined
        ? `'${text}' has no port`
        : isPort
          ? `a ${kind} has no port`
          : `':${port}' is not a port`;
    draft.report('check-malformed', message, path, {
      fix: wantsPort || !isPort ? portFix(text, kind) : `write '${name}'`,
    });
    return undefined;
  }
  const named = readName(draft, name, path);
  return named && { ...named, ...(port !== undefined && { port: Number(port) }) };
}

/** In an IPv6 address without brackets nobody can tell the port, or a scope is written, which only one machine knows. */
function portFix(text: string, kind: Kind): string {
  const fix = 'write DESTINATION:PORT, with a port from 1 to 65535';
  if (text.includes('%')) return "write an address of the topology, without '%' and an interface";
  const [, address = '', port = ''] = /^([^[\]]*:[^[\]]*):(\d{1,5})$/.exec(text) ?? [];
  return kind !== 'ping' && parseAddress(address) ? `${fix}, such as '[${address}]:${port}'` : fix;
}

function readName(draft: Draft, text: string, path: Path): Target | undefined {
  const address = parseAddress(text);
  if (address)
    return isKnown(draft, formatAddress(address), path) ? { address: formatAddress(address) } : undefined;
  const [name = '', on] = text.split('.');
  const [machine, more] = machinesNamed(draft, name);
  if (!machine) {
    sayUnknown(draft, name, path);
    return undefined;
  }
  if (more) {
    draft.report('check-unknown', `'${name}' is ${machine.group?.count ?? 2} machines`, path, {
      fix: `name one of them as the destination, such as ${machine.name}`,
    });
    return undefined;
  }
  const segment =
    on === undefined ? undefined : machine.interfaces.find(({ segment: { name: own } }) => own === on);
  if (on === undefined || segment)
    return { machine: machine.name, ...(segment && { segment: segment.segment.name }) };
  const segments = machine.interfaces.map((one) => one.segment.name);
  if (!draft.damaged.has(machine.path.join('/')))
    draft.report('check-unknown', `${name} is not on '${on}'`, path, {
      fix: didYouMean(on, segments, 'its segments'),
    });
  return undefined;
}

/** An address that nobody has and nothing translates cannot be checked: that it does not answer proves nothing. */
function isKnown(draft: Draft, address: string, path: Path): boolean {
  if (addressesOf(draft).has(address) || draft.damaged.size > 0) return true;
  draft.report('check-unknown', `nothing in the lab has the address ${address}`, path, {
    fix: 'use the address or the name of a machine, or a public address',
  });
  return false;
}

/** Of machines and of mappings, of the whole lab. */
const addressesOf = memoizedFor(({ segments, routers }: Draft): ReadonlySet<string> => {
  const found = new Set<string>();
  for (const { taken } of segments.values()) for (const address of taken.keys()) found.add(address);
  for (const { nat } of routers)
    for (const mapping of nat) for (const address of shownBy(mapping, found)) found.add(address);
  return found;
});

/** Of a translated prefix those that somebody is seen under. */
function shownBy(mapping: Mapping, there: ReadonlySet<string>): readonly string[] {
  if (mapping.kind === 'nptv6')
    return [...there].flatMap((address) =>
      familyOf(address) === 6 ? (translatedOut(mapping, address) ?? []) : [],
    );
  return mapping.kind === 'masquerade' ? mapping.pool : [mapping.public];
}

function readRouters(draft: Draft, names: readonly string[], path: Path): readonly string[] | false {
  const unknown = names.flatMap((name, index) =>
    draft.machines.get(name)?.kind === 'router' ? [] : [{ name, index }],
  );
  for (const { name, index } of unknown) {
    if (!isDamagedMachine(draft, name))
      draft.report('check-unknown', `there is no router '${name}'`, [...path, 'via', index], {
        fix: () => didYouMean(name, routerNames(draft), 'routers'),
      });
  }
  return unknown.length === 0 ? names : false;
}

function readSeenAs(draft: Draft, written: Written, path: Path): string | undefined | false {
  const text = 'seen-as' in written ? written['seen-as'] : undefined;
  if (text === undefined) return undefined;
  const address = parseAddress(text);
  if (address)
    return isKnown(draft, formatAddress(address), [...path, 'seen-as']) ? formatAddress(address) : false;
  draft.report('bad-address', `'${text}' is not an IP address`, [...path, 'seen-as'], {
    fix: 'write the source address that the destination has to see',
  });
  return false;
}
