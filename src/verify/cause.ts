/**
 * Finds the cause of a failed check: sends its first failed probe again, with captures at every machine on the expected
 * path, and inspects routes and rules of the machine where the packet ends.
 */
import { randomInt } from 'node:crypto';
import type { Command } from '../core/command.js';
import type { ProbeResult } from '../core/probe.js';
import type { Lab, Machine } from '../model/lab.js';
import type { View } from '../model/view.js';
import { isPublicOf, viewOf } from '../model/view.js';
import type { Walk } from '../model/walk.js';
import { walk } from '../model/walk.js';
import { tableName } from '../render/nftables/index.js';
import type { Session } from '../transport/session.js';
import type { Check, CheckProbe, Judgement } from './check.js';
import { isAnsweredBy } from './checks/common.js';
import { droppingRules } from './counters.js';
import type { SeenPacket } from './tcpdump.js';
import { readTcpdump } from './tcpdump.js';

export type Cause = { readonly cause: string; readonly evidence: readonly string[] };

const MACHINES_AT_MOST = 12;
const TIMEOUT = 5_000;
/** Commands that read the rule counters of a router, also of rules that labnet did not make. */
const COUNTERS: readonly Command['argv'][] = [
  ['iptables-save', '-c'],
  ['ip6tables-save', '-c'],
  ['nft', 'list', ...tableName(4)],
  ['nft', 'list', ...tableName(6)],
];

export async function findCause(
  lab: Lab,
  session: Session,
  check: Check,
  { failed = [] }: Judgement,
): Promise<Cause | undefined> {
  const probe = check.probes[failed[0] ?? 0];
  const view = viewOf(lab);
  const from = probe && view.machines.get(probe.machine);
  if (!from) return undefined;
  const way = walk(view, from, probe.to, probe.protocol, probe.port);
  const machines = [...new Set(way.hops.map(({ machine }) => machine))].slice(0, MACHINES_AT_MOST);
  const routers = machines
    .flatMap((name) => view.machines.get(name) ?? [])
    .filter(({ kind }) => kind === 'router');
  const counters = (): Promise<string[]> => countersOf(session, routers);
  const before = await counters();
  const run = randomInt(2 ** 32 - 1);
  const { results, captured } = await session.test({
    run,
    probes: [{ ...probe, id: 0 }],
    listeners: check.listeners,
    captures: machines,
  });
  const after = await counters();
  const packets = new Map(
    captured.map(({ machine, output }) => [
      machine,
      readTcpdump(output).filter(({ mark }) => mark?.run === run && mark.id === 0),
    ]),
  );
  const drops = routers.flatMap((machine, index) =>
    droppingRules(before[index] ?? '', after[index] ?? '').map((rule) => ({ machine: machine.name, rule })),
  );
  return explain({ view, session, probe, way, result: results[0], packets, drops });
}

/** The rule counters of each router. */
async function countersOf(session: Session, routers: readonly Machine[]): Promise<string[]> {
  const commands = routers.flatMap((router) =>
    COUNTERS.map((argv) => ({ machine: router.name, argv, timeout: TIMEOUT })),
  );
  const outputs = await session.run(commands);
  return routers.map(({ name }) =>
    outputs.flatMap(({ stdout }, index) => (commands[index]?.machine === name ? stdout : [])).join('\n'),
  );
}

type Traced = {
  readonly view: View;
  readonly session: Session;
  readonly probe: CheckProbe;
  readonly way: Walk;
  readonly result: ProbeResult | undefined;
  readonly packets: ReadonlyMap<string, readonly SeenPacket[]>;
  readonly drops: readonly { readonly machine: string; readonly rule: string }[];
};

async function explain(traced: Traced): Promise<Cause> {
  const { probe, result, packets, way, drops } = traced;
  const unreachable = result?.replies.find(({ kind }) => kind === 'unreachable');
  if (unreachable && /ENETUNREACH|EHOSTUNREACH/.test(unreachable.detail ?? ''))
    return noRoute(traced, probe.machine, probe.to);
  const last = lastOf(traced);
  const lines = [...packets]
    .flatMap(([machine, seen]) => seen.slice(0, 2).map(({ line }) => `${machine}: ${line}`))
    .slice(0, 8);
  const [drop] = drops;
  if (drop)
    return { cause: `filtered at ${drop.machine}`, evidence: [`${drop.machine}: ${drop.rule}`, ...lines] };
  if (!last) return { cause: `nothing left ${probe.machine}`, evidence: lines };
  if (last.machine === way.end && way.dropped === undefined) return atTarget(traced, last, lines);
  const translated = expectedAt(way, last.machine) !== undefined && last.packet.direction === 'in';
  // Judged before a missing route, as a router needs no route to an address that it translates.
  if (translated && isPublic(traced.view, last.machine, last.packet.destination)) {
    return {
      cause: `no rule hit at ${last.machine}: ${last.packet.destination} is not translated there`,
      evidence: lines,
    };
  }
  const route = await noRoute(traced, last.machine, last.packet.destination);
  if (unreachable) return { ...route, evidence: [...route.evidence, ...lines] };
  return { cause: `lost behind ${last.machine}`, evidence: [...lines, ...route.evidence] };
}

/** The last machine on the path that saw the packet, and the packet there. */
function lastOf({ way, packets }: Traced): { machine: string; packet: SeenPacket } | undefined {
  const seen = way.hops.flatMap(({ machine }) => {
    const packet = (packets.get(machine) ?? []).filter(({ type }) => type !== 0 && type !== 129).at(-1);
    return packet ? [{ machine, packet }] : [];
  });
  return seen.at(-1);
}

const expectedAt = (way: Walk, machine: string): string | undefined =>
  way.hops.find((hop) => hop.machine === machine)?.machine;

const isPublic = (view: View, router: string, address: string): boolean =>
  view.machines.get(router)?.nat.some((one) => isPublicOf(one, address)) === true;

async function atTarget(
  { session, way, packets, view, result, probe }: Traced,
  { machine, packet }: { machine: string; packet: SeenPacket },
  lines: readonly string[],
): Promise<Cause> {
  const isAnswering = (packets.get(machine) ?? []).some(
    ({ direction, type }) => direction === 'out' && (type === 0 || type === 129),
  );
  if (isAnswering && result !== undefined && isAnsweredBy(result, probe.to))
    return { cause: 'answered when sent again: it was lost once, or took too long', evidence: lines };
  if (isAnswering)
    return { cause: `${machine} answers, and the answer is lost on the way back`, evidence: lines };
  const back = await routeTo(session, machine, packet.source);
  if (!back.isThere)
    return { cause: `no route back from ${machine} to ${packet.source}`, evidence: [back.text, ...lines] };
  const isRouter = view.machines.get(way.end)?.kind === 'router';
  return {
    cause: `it arrives at ${machine}, which does not answer${isRouter ? '' : ': nothing listens, or a filter of its own'}`,
    evidence: [...lines, back.text],
  };
}

async function noRoute({ session }: Traced, machine: string, to: string): Promise<Cause> {
  const { text } = await routeTo(session, machine, to);
  return { cause: `no route at ${machine} to ${to}`, evidence: [text] };
}

async function routeTo(
  session: Session,
  machine: string,
  to: string,
): Promise<{ isThere: boolean; text: string }> {
  const [output] = await session.run([{ machine, argv: ['ip', 'route', 'get', to], timeout: TIMEOUT }]);
  const said = (output?.stdout ?? '').split('\n')[0]?.trim() ?? '';
  const text = `${machine}: ip route get ${to}: ${said === '' ? (output?.stderr.trim() ?? 'no answer') : said}`;
  return { isThere: said !== '' && !said.startsWith('unreachable'), text };
}
