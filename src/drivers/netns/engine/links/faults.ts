/** Which of a machine's links are not what they are to be: what was loaded, and what the kernel lists now. */
import type { Outline } from '../../../../plan/build.js';
import type { Change } from '../../../../plan/diff.js';
import type { ImpairStep, LinkStep } from '../../../../plan/step.js';
import { stepText } from '../../../../plan/step.js';
import { DIRECTIONS } from '../../../../link/impairment.js';
import type { Qdiscs } from '../../../../sys/netlink/dump.js';
import { shapeOf } from '../../../../render/tc.js';
import type { Part, Rules } from '../../../../render/link-parts.js';
import { dropsOf, partOf } from '../../../../render/link-parts.js';
import type { Stored, StoredPart } from './store.js';

/** What is listed at both ends of a machine's interfaces. */
export type Seen = {
  readonly own: Qdiscs;
  readonly fabric: Qdiscs;
  /** Indexes by the name of the machine's interface: its own, and its port's. */
  readonly indexes: ReadonlyMap<string, { readonly own: number; readonly port: number }>;
  /** Whether rules between the machines are what labnet loaded. */
  readonly areDropsKnown: boolean;
};

export type PartFault = {
  readonly link: LinkStep;
  readonly direction: Part['direction'];
  readonly step: ImpairStep | undefined;
  readonly wanted: Part | undefined;
  /** The old shape is removed before the new one is added; only parameters change in place. */
  readonly isCleared: boolean;
  readonly change: Change;
};

export type LinkFaults = {
  readonly parts: readonly PartFault[];
  readonly rules: { readonly wanted: readonly Rules[]; readonly gone: readonly string[] } | undefined;
  readonly changes: readonly Change[];
};

export function listed({ own, fabric, indexes }: Seen, name: string, direction: Part['direction']): string {
  const found = indexes.get(name);
  const [all, index] = direction === 'up' ? [own, found?.own] : [fabric, found?.port];
  return (index === undefined ? undefined : all.get(index)) ?? '';
}

export function linkFaults(plan: Outline, stored: Stored, seen: Seen, hasNetem: () => boolean): LinkFaults {
  const parts = plan.links.flatMap((link) =>
    DIRECTIONS.flatMap((direction) => partFault(plan, link, direction, stored, seen, hasNetem) ?? []),
  );
  const rules = rulesFault(plan, stored, seen, hasNetem);
  const said = parts.map(({ change }) => change);
  const isUnsaid = rules !== undefined && said.length === 0;
  const step = plan.machine;
  const text = `${step.machine}: what is lost on its links`;
  return { parts, rules, changes: isUnsaid ? [{ change: 'changed', step, text, reason: 'hand' }] : said };
}

function partFault(
  { impairs, machine }: Outline,
  link: LinkStep,
  direction: Part['direction'],
  stored: Stored,
  seen: Seen,
  hasNetem: () => boolean,
): PartFault | undefined {
  const isIt = (one: { readonly interface: string; readonly direction: string }): boolean =>
    one.interface === link.interface && one.direction === direction;
  const step = impairs.find(isIt);
  const known = stored.parts.find(isIt);
  const now = listed(seen, link.interface, direction);
  if (!step && !known && now === '') return undefined;
  const wanted = step && partOf(step, hasNetem);
  const isTouched = now !== (known?.seen ?? '');
  if (wanted && known?.words === wanted.words && !isTouched) return undefined;
  const isCleared = now !== '' && (isTouched || !isSameShape(known, wanted));
  const base = { link, direction, step, wanted, isCleared };
  if (!step) {
    const text = known?.words ?? `${machine.machine}: tc on ${link.interface}, ${direction}`;
    return { ...base, change: { change: 'removed', step: machine, text } };
  }
  const isByHand = known?.words === wanted?.words;
  const was = known && !isByHand ? ` (is ${wayOf(known)})` : '';
  const change: Change = {
    change: known ? 'changed' : 'added',
    step,
    text: `${stepText(step)}${was}`,
    ...(isByHand && { reason: 'hand' as const }),
  };
  return { ...base, change };
}

/** What it is, without where. */
const wayOf = ({ words }: StoredPart): string => words.split(': ').slice(2).join(': ');

const isSameShape = (known: Part | undefined, wanted: Part | undefined): boolean =>
  known !== undefined && wanted !== undefined && shapeOf(known.lines) === shapeOf(wanted.lines);

function rulesFault(
  { impairs }: Outline,
  stored: Stored,
  { areDropsKnown }: Seen,
  hasNetem: () => boolean,
): LinkFaults['rules'] {
  const wanted = dropsOf(impairs, hasNetem);
  const isSame = JSON.stringify(wanted) === JSON.stringify(stored.rules);
  if (isSame && (wanted.length === 0 || areDropsKnown)) return undefined;
  const kept = new Set(wanted.map(({ table }) => table));
  return { wanted, gone: stored.rules.map(({ table }) => table).filter((table) => !kept.has(table)) };
}
