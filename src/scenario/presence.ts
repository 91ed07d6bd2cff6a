/** What a step would not find when its time comes, as far as a schedule says it for certain: a machine that is stopped, a step that has not begun. */
import type { Milliseconds } from '../core/command.js';
import type { Action } from './actions/index.js';
import type { Step } from './step.js';

export type Absence = {
  readonly step: Step;
  readonly code: 'machine-stopped' | 'unknown-step';
  readonly message: string;
  readonly fix: string;
};

/** More pairs of steps than this are not compared. */
const PAIRS_AT_MOST = 1_000_000;

export function absences(steps: readonly Step[]): Absence[] {
  const powers = steps.filter(({ action }) => action.kind === 'stop' || action.kind === 'start');
  const ends = steps.filter(({ action }) => action.kind === 'end');
  if ((powers.length + ends.length) * steps.length > PAIRS_AT_MOST) return [];
  const order = new Order(steps);
  const found = [
    ...absentMachines(steps, powers, order),
    ...ends.flatMap((one) => notBegun(one, steps, order)),
  ];
  // Once an entry, however often it is repeated.
  return found.filter((one, index) => found.findIndex(({ step }) => step.entry === one.step.entry) === index);
}

/** The machine or step that an action names. */
const nameIn = ({ action }: Step): string => (typeof action.value === 'string' ? action.value : '');

function absentMachines(steps: readonly Step[], powers: readonly Step[], order: Order): Absence[] {
  const machines = new Map<string, Step[]>();
  for (const one of powers) {
    const named = nameIn(one);
    machines.set(named, [...(machines.get(named) ?? []), one]);
  }
  return steps.flatMap((step): Absence[] => {
    if (step.expect !== 'pass') return [];
    const { kind } = step.action;
    for (const name of usedBy(step)) {
      const own = machines.get(name) ?? [];
      const by = stoppedBy(own, step, order);
      if (kind === 'start' && !mayBeStopped(own, step, order))
        return [
          {
            step,
            code: 'machine-stopped',
            message: `${name} is not stopped by then`,
            fix: `stop it before, or leave this step out`,
          },
        ];
      if (kind !== 'start' && by)
        return [
          {
            ...{ step, code: 'machine-stopped' },
            message: `${name} is stopped by then, in line ${by.line}`,
            fix:
              kind === 'stop'
                ? `start it in between, or leave this step out`
                : `start it before, or write 'expect: fail' where that is meant`,
          },
        ];
    }
    return [];
  });
}

/** The machines without which a step fails. */
function usedBy({ action, checks }: Step): readonly string[] {
  switch (action.kind) {
    case 'stop':
    case 'start':
      return [action.value];
    case 'exec':
      return [action.value.machine];
    case 'capture':
      return [action.value.at].flat().map((place) => place.split(':')[0] ?? '');
    case 'check':
    case 'sample':
      return [...new Set(checks.map(({ from }) => from))];
    default:
      return [];
  }
}

const isKind =
  (kind: Action['kind']) =>
  (step: Step): boolean =>
    step.action.kind === kind;

/** The stop after which nothing may have started the machine until a step. */
function stoppedBy(powers: readonly Step[], step: Step, order: Order): Step | undefined {
  const starts = powers.filter(isKind('start')).filter((one) => one !== step);
  return powers
    .filter(isKind('stop'))
    .filter((one) => one !== step && order.isBefore(one, step))
    .find((stop) => starts.every((one) => order.isBefore(one, stop) || order.isBefore(step, one)));
}

function mayBeStopped(powers: readonly Step[], step: Step, order: Order): boolean {
  const starts = powers.filter(isKind('start')).filter((one) => one !== step && order.isBefore(one, step));
  return powers
    .filter(isKind('stop'))
    .filter((stop) => !order.isBefore(step, stop))
    .some((stop) => !starts.some((one) => order.isBefore(stop, one)));
}

function notBegun(step: Step, steps: readonly Step[], order: Order): Absence[] {
  const named = nameIn(step);
  const begun = steps.filter(({ name }) => name === named);
  if (step.expect !== 'pass' || begun.length === 0 || !begun.every((one) => order.isBefore(step, one)))
    return [];
  const fix = `end it later, or write 'after: ${named}' with a 'delay'`;
  return [{ step, code: 'unknown-step', message: `'${named}' has not begun by then`, fix }];
}

/** Which of two steps comes first; how long programs and checks take is not known. */
class Order {
  readonly #turns = new Map<string, Step[]>();
  readonly #earliest = new Map<Step, Milliseconds>();

  constructor(steps: readonly Step[]) {
    for (const step of steps) {
      const known = this.#turns.get(step.name);
      if (known) known.push(step);
      else this.#turns.set(step.name, [step]);
    }
  }

  isBefore(one: Step, other: Step): boolean {
    if (one.name === other.name) return one.turn < other.turn;
    if (this.#waitsFor(other, one.name)) return true;
    return 'at' in one.start && one.start.at < this.#earliestOf(other);
  }

  #waitsFor({ start }: Step, name: string): boolean {
    const seen = new Set<string>();
    let next = 'after' in start ? start.after : undefined;
    while (next !== undefined && next !== name && !seen.has(next)) {
      seen.add(next);
      const first: Step | undefined = this.#turns.get(next)?.[0];
      next = first && 'after' in first.start ? first.start.after : undefined;
    }
    return next === name;
  }

  #earliestOf(step: Step): Milliseconds {
    const known = this.#earliest.get(step);
    if (known !== undefined) return known;
    this.#earliest.set(step, 0);
    const { start } = step;
    const found =
      'at' in start
        ? start.at
        : Math.max(0, ...(this.#turns.get(start.after) ?? []).map((one) => this.#earliestOf(one))) +
          start.delay;
    this.#earliest.set(step, found);
    return found;
  }
}
