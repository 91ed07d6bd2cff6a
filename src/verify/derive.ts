/** Derives the checks of a lab, from its topology and its `checks:`. */
import type { Lab } from '../model/lab.js';
import { viewOf } from '../model/view.js';
import type { Check, Judgement } from './check.js';
import { CHECK_KINDS } from './checks/index.js';

/** All checks of a lab, each with a unique id. */
export function deriveChecks(lab: Lab): Check[] {
  const used = new Map<string, number>();
  return CHECK_KINDS.flatMap(({ derive }) => derive(viewOf(lab))).map((check) => {
    const times = (used.get(check.id) ?? 0) + 1;
    used.set(check.id, times);
    return times === 1 ? check : { ...check, id: `${check.id}#${times}` };
  });
}

/** Removes what switched-off machines would do. A check that starts from one of them fails. */
export function withoutAway(check: Check, away: ReadonlySet<string>): Check {
  if (away.size === 0) return check;
  const sender = check.probes.find(({ machine }) => away.has(machine))?.machine;
  const isThere = ({ machine }: { readonly machine: string }): boolean => !away.has(machine);
  const there = {
    ...check,
    listeners: check.listeners.filter(isThere),
    captures: check.captures.filter((machine) => !away.has(machine)),
  };
  if (sender === undefined) return there;
  const judge = (): Judgement => ({
    status: 'fail',
    observed: `${sender} is stopped`,
    evidence: [],
    cause: `${sender} is stopped`,
  });
  const { id, kind, expectation, line } = check;
  return {
    id,
    kind,
    expectation,
    ...(line !== undefined && { line }),
    probes: [],
    listeners: [],
    captures: [],
    judge,
  };
}
