/** Combines the traffic of all checks to one run, and divides the results between the checks. */
import { randomInt } from 'node:crypto';
import type { Listener, Probe, TestOutcome, TestRun } from '../core/probe.js';
import type { Check, Evidence } from './check.js';
import type { SeenPacket } from './tcpdump.js';
import { readTcpdump } from './tcpdump.js';

export type TrafficPlan = {
  readonly run: TestRun;
  /** The id of each check's first probe; the ids of its other probes follow. */
  readonly firstProbe: readonly number[];
  readonly listenerOf: (check: number, index: number) => number;
};

/** The traffic of all checks as one run. A listener or capture that several checks need exists once. */
export function planTraffic(checks: readonly Check[]): TrafficPlan {
  const probes: Probe[] = [];
  const listeners = new Map<string, { index: number; listener: Listener }>();
  const firstProbe = checks.map((check) => {
    const first = probes.length;
    for (const probe of check.probes) probes.push({ ...probe, id: probes.length });
    for (const listener of check.listeners) {
      const key = listenerKey(listener);
      if (!listeners.has(key)) listeners.set(key, { index: listeners.size, listener });
    }
    return first;
  });
  const captures = [...new Set(checks.flatMap((check) => check.captures))];
  return {
    run: {
      run: randomInt(2 ** 32 - 1),
      probes,
      listeners: [...listeners.values()].map(({ listener }) => listener),
      captures,
    },
    firstProbe,
    listenerOf: (check, index) => {
      const listener = checks[check]?.listeners[index];
      return (listener && listeners.get(listenerKey(listener))?.index) ?? -1;
    },
  };
}

const listenerKey = ({ machine, protocol, port }: Listener): string => `${machine} ${protocol}/${port}`;

/** The evidence for one check, by its own indexes. */
export function evidenceOf(
  { run, firstProbe, listenerOf }: TrafficPlan,
  outcome: TestOutcome,
): (check: number) => Omit<Evidence, 'talked' | 'output' | 'link'> {
  const captures = new Map<string, { packets: readonly SeenPacket[]; complete: boolean }>();
  const byProbe = new Map<string, SeenPacket[]>();
  for (const { machine, text, complete } of outcome.captured) {
    const packets = readTcpdump(text);
    captures.set(machine, { packets, complete });
    for (const packet of packets) {
      if (packet.mark?.run !== run.run || packet.direction !== 'in' || isReply(packet)) continue;
      const key = `${machine} ${packet.mark.id}`;
      const known = byProbe.get(key);
      if (known) known.push(packet);
      else byProbe.set(key, [packet]);
    }
  }
  return (check) => {
    const first = firstProbe[check] ?? 0;
    return {
      result: (probe) => outcome.results[first + probe] ?? { id: first + probe, sent: 0, replies: [] },
      arrived: (machine, probe) => byProbe.get(`${machine} ${first + probe}`) ?? [],
      capture: (machine) =>
        captures.get(machine)?.complete === true ? captures.get(machine)?.packets : undefined,
      listener: (index) => outcome.listeners[listenerOf(check, index)] ?? 'failed',
    };
  };
}

const ECHO_REPLIES: readonly (number | undefined)[] = [0, 129];
const isReply = ({ protocol, type }: SeenPacket): boolean =>
  protocol === 'icmp' && ECHO_REPLIES.includes(type);
