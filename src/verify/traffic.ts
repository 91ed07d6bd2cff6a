/** Combines the traffic of all checks to one run, and divides the results between the checks. */
import { randomInt } from 'node:crypto';
import type { Listener, Probe, TestOutcome, TestRun } from '../core/probe.js';
import type { Check, Evidence } from './check.js';
import { eachPacket, markOfArrival, packetAt, readTcpdump } from './tcpdump.js';

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
    // Not the other way round: see Flight.add of the engine.
    for (const probe of check.probes) probes.push({ id: probes.length, ...probe });
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

/** The evidence for one check, by its own indexes. Packets are read again when they are asked for, not kept. */
export function evidenceOf(
  { run, firstProbe, listenerOf }: TrafficPlan,
  outcome: TestOutcome,
): (check: number) => Omit<Evidence, 'talked' | 'output' | 'link'> {
  const captures = new Map(
    outcome.captured.map((one) => [one.machine, { ...one, arrivals: arrivalsIn(one.output, run.run) }]),
  );
  const packetsOf = lastAsked((machine) => readTcpdump(captures.get(machine)?.output ?? NOTHING));
  const sawAll = (machine: string): boolean => captures.get(machine)?.complete === true;
  return (check) => {
    const first = firstProbe[check] ?? 0;
    return {
      result: (probe) => outcome.results[first + probe] ?? { id: first + probe, sent: 0, replies: [] },
      arrived: (machine, probe) => {
        const { output = NOTHING, arrivals } = captures.get(machine) ?? {};
        return (arrivals?.get(first + probe) ?? []).flatMap((at) => packetAt(output, at) ?? []);
      },
      sawAll,
      capture: (machine) => (sawAll(machine) ? packetsOf(machine) : []),
      listener: (index) => outcome.listeners[listenerOf(check, index)] ?? 'failed',
    };
  };
}

const NOTHING = new Uint8Array();

/** Where in the output of tcpdump are the packets of a run that came in, by the ids of their probes. */
function arrivalsIn(output: Uint8Array, run: number): ReadonlyMap<number, readonly number[]> {
  const found = new Map<number, number[]>();
  eachPacket(output, (packet, at) => {
    const mark = markOfArrival(packet);
    if (mark?.run !== run) return;
    const known = found.get(mark.id);
    if (known) known.push(at);
    else found.set(mark.id, [at]);
  });
  return found;
}

/** Remembers the last answer: checks of one machine come one after the other. */
function lastAsked<T>(answer: (key: string) => T): (key: string) => T {
  let last: { readonly key: string; readonly value: T } | undefined;
  return (key) => (last?.key === key ? last : (last = { key, value: answer(key) })).value;
}
