/** What is known after a trace, and how far each packet came: pure. */
import type { ProbeResult } from '../../core/probe.js';
import type { Lab, Machine } from '../../model/lab.js';
import type { View } from '../../model/view.js';
import type { Ends, Walk } from '../../model/walk.js';
import type { Asked } from './asked.js';
import type { Survey } from './look.js';
import type { TracedPacket } from './result.js';
import type { HookPacket, MatchedRule } from './rule-trace.js';
import { isDrop } from './rule-trace.js';
import type { Sighting } from './sightings.js';
import type { Visit } from './visits.js';
import type { Stage } from './watch-rules.js';

export type Story = {
  readonly lab: Lab;
  readonly view: View;
  readonly asked: Asked;
  readonly there: readonly Visit[];
  /** Of the answer, or of an ICMP error instead. */
  readonly back: readonly Visit[];
  readonly errors: readonly Sighting[];
  readonly result: ProbeResult;
  readonly expected: Walk;
  readonly trail: readonly Ends[];
  readonly surveys: ReadonlyMap<string, Survey>;
};

export type Leg = 'there' | 'back';

/** How a packet ended in the last machine that saw it. */
export type End =
  | { readonly how: 'delivered' }
  | { readonly how: 'dropped'; readonly rule: MatchedRule }
  | { readonly how: 'policy'; readonly table: string; readonly chain: string }
  /** It came in, and was neither delivered nor forwarded. */
  | { readonly how: 'unrouted' }
  /** It passed all rules, but was not seen leaving. */
  | { readonly how: 'unsent' }
  /** It left, but did not arrive anywhere. */
  | { readonly how: 'left' }
  /** The machine that should have sent it did not create it. */
  | { readonly how: 'not-made' }
  /** It came in, but met no rule: something before all rules took it. */
  | { readonly how: 'before-rules' };

export function endOf(visit: Visit, isWatched: boolean, isOwn: boolean): End {
  const { passage, out } = visit;
  const rule = passage?.rules.find(isDrop);
  if (rule) return { how: 'dropped', rule };
  if (passage?.policy) return { how: 'policy', ...passage.policy };
  if (out) return { how: 'left' };
  if (!passage) {
    if (!visit.in) return { how: 'not-made' };
    if (isWatched) return { how: 'before-rules' };
    return { how: isOwn ? 'delivered' : 'unrouted' };
  }
  const last = passage.stages.at(-1)?.stage;
  if (last === 'input-end') return { how: 'delivered' };
  const isUnsent = last === undefined ? false : UNSENT.includes(last);
  return { how: isUnsent ? 'unsent' : 'unrouted' };
}

const UNSENT: readonly Stage[] = ['forward-end', 'output-end', 'postrouting', 'postrouting-end'];

/** A packet as it left a machine, or as far as it came there. */
export function packetAfter({ in: came, out, passage }: Visit): TracedPacket | HookPacket | undefined {
  return out?.packet ?? passage?.stages.at(-1)?.packet ?? came?.packet;
}

export const packetBefore = ({ in: came, out, passage }: Visit): TracedPacket | HookPacket | undefined =>
  came?.packet ?? passage?.stages[0]?.packet ?? out?.packet;

export const machineOf = (view: View, name: string): Machine | undefined => view.machines.get(name);

/** Whether an address is one of the machine's own, by the topology. */
export const isOwn = (machine: Machine | undefined, address: string | undefined): boolean =>
  machine?.interfaces.some(({ addresses }) => addresses.some((one) => one.startsWith(`${address ?? ''}/`))) ??
  false;

/** `192.168.1.1`, `192.168.1.1:80`, `[2001:db8::1]:80` */
export const endText = (address: string, port: number | undefined): string =>
  port === undefined ? address : `${address.includes(':') ? `[${address}]` : address}:${port}`;
