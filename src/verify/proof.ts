/** The evidence of a check as data for reports: probes with their replies, packets, and output of commands. */
import type { Command, Output } from '../core/command.js';
import type { Listener, ListenerState, ProbeResult } from '../core/probe.js';
import type { Lab } from '../model/lab.js';
import type { View } from '../model/view.js';
import { viewOf } from '../model/view.js';
import { walk } from '../model/walk.js';
import type { CheckProbe, Judgement } from './check.js';
import type { Examined } from './run.js';

export type ProvedProbe = {
  readonly probe: CheckProbe;
  readonly result: ProbeResult;
  /** Whether this probe is what made the check fail. */
  readonly failed: boolean;
};

export type SeenAt = {
  readonly machine: string;
  /** The first of the check's packets, as tcpdump printed them. */
  readonly lines: readonly string[];
  /** The number of all its packets. */
  readonly packets: number;
  readonly complete: boolean;
};

export type Proof = {
  readonly id: string;
  readonly kind: string;
  readonly status: Judgement['status'];
  readonly probes: readonly ProvedProbe[];
  readonly seen: readonly SeenAt[];
  readonly listeners: readonly (Listener & { readonly state: ListenerState })[];
  readonly commands: readonly { readonly command: Command; readonly output: Output }[];
  /** The expected path: machines and segments; for a failed check the path of the failed probes. */
  readonly machines: readonly string[];
  readonly segments: readonly string[];
};

const LINES_AT_MOST = 6;

/** In the order of the verdicts. */
export function proofsOf(lab: Lab, examined: Examined): Proof[] {
  const view = viewOf(lab);
  return examined.checks.map((_, index) => proofOf(view, examined, index));
}

function proofOf(view: View, { checks, judgements, evidence }: Examined, index: number): Proof {
  const { result, arrived, listener, output, sawAll } = evidence(index);
  const {
    id = '',
    kind = '',
    probes = [],
    captures = [],
    listeners = [],
    commands = [],
  } = checks[index] ?? {};
  const failed = new Set(judgements[index]?.failed ?? []);
  const proved = probes.map((probe, at) => ({ probe, result: result(at), failed: failed.has(at) }));
  const asked = failed.size > 0 ? proved.filter((one) => one.failed) : proved;
  const way = wayOf(view, asked, failed.size > 0 ? WALKS.failed : WALKS.passed);
  return {
    id,
    kind,
    status: judgements[index]?.status ?? 'error',
    probes: proved,
    seen: captures.map((machine): SeenAt => {
      const packets = probes.flatMap((__, at) => arrived(machine, at));
      const lines = packets.slice(0, LINES_AT_MOST).map(({ line }) => line);
      return {
        machine,
        lines,
        packets: packets.length,
        complete: sawAll(machine),
      };
    }),
    listeners: listeners.map((one, at) => ({ ...one, state: listener(at) })),
    commands: commands.map((command, at) => ({ command, output: output(at) })),
    machines: [...new Set([...way.machines, ...captures, ...commands.map(({ machine }) => machine)])],
    segments: way.segments,
  };
}

/** The most probes whose path is computed for one check. */
const WALKS = { failed: 1024, passed: 8 } as const;

function wayOf(
  view: View,
  probes: readonly ProvedProbe[],
  most: number,
): { readonly machines: readonly string[]; readonly segments: readonly string[] } {
  const machines = new Set<string>();
  const segments = new Set<string>();
  for (const { probe } of probes.slice(0, most)) {
    const from = view.machines.get(probe.machine);
    if (!from) continue;
    for (const { machine, out } of walk(view, from, probe.to, probe.protocol, probe.port).hops) {
      machines.add(machine);
      const on = view.machines.get(machine)?.interfaces.find(({ name }) => name === out);
      if (on) segments.add(on.segment);
    }
  }
  return { machines: [...machines], segments: [...segments] };
}
