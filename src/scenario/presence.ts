/** Finds steps that are certain to fail by the schedule: their machine is stopped, or the step that they refer to has not begun. */
import type { Milliseconds } from '../core/command.js';
import { groupBy } from '../core/group-by.js';
import { earliestTimes } from './order.js';
import type { Step } from './step.js';

export type Absence = {
  readonly step: Step;
  readonly code: 'machine-stopped' | 'unknown-step';
  readonly message: string;
  readonly fix: string;
};

/** At most this many pairs of steps are compared. */
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
  // Once per entry, however often it is repeated.
  return [...groupBy(found, ({ step }) => step.entry).values()].flatMap(([first]) => first ?? []);
}

/** The machine or step that an action names. */
const nameIn = ({ action }: Step): string => (typeof action.value === 'string' ? action.value : '');

function absentMachines(steps: readonly Step[], powers: readonly Step[], order: Order): Absence[] {
  const machines = groupBy(powers, nameIn);
  const stops = new Map([...machines].map(([name, own]) => [name, stopsOf(own, order)]));
  const expected = steps.filter(({ expect }) => expect === 'pass');
  return expected.flatMap((step) => {
    const found = usedBy(step).flatMap((name) => absent(step, name, stops.get(name) ?? [], order) ?? []);
    return found.slice(0, 1);
  });
}

function absent(step: Step, name: string, stops: readonly Stop[], order: Order): Absence | undefined {
  const { kind } = step.action;
  const of = (message: string, fix: string): Absence => ({ step, code: 'machine-stopped', message, fix });
  if (kind === 'start')
    return mayBeStopped(stops, step, order)
      ? undefined
      : of(`${name} is not stopped by then`, 'stop it before, or leave this step out');
  const by = stoppedBy(stops, step, order);
  if (!by) return undefined;
  const fix =
    kind === 'stop'
      ? 'start it in between, or leave this step out'
      : "start it before, or write 'expect: fail' where that is meant";
  return of(`${name} is stopped by then, in line ${by.line}`, fix);
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

/** A stop of a machine, with the starts that may follow it and those that certainly do; the earliest first. */
type Stop = { readonly step: Step; readonly maybe: readonly Step[]; readonly surely: readonly Step[] };

function stopsOf(powers: readonly Step[], order: Order): Stop[] {
  const ofKind = (kind: 'stop' | 'start'): Step[] => powers.filter(({ action }) => action.kind === kind);
  const sorted = ofKind('start').toSorted((one, other) => order.earliest(one) - order.earliest(other));
  return ofKind('stop').map((step) => ({
    step,
    maybe: sorted.filter((one) => !order.isBefore(one, step)),
    surely: sorted.filter((one) => order.isBefore(step, one)),
  }));
}

/** The stop after which nothing can have started the machine again before a step. */
const stoppedBy = (stops: readonly Stop[], step: Step, order: Order): Step | undefined =>
  stops.find(
    ({ step: stop, maybe }) =>
      stop !== step &&
      order.isBefore(stop, step) &&
      maybe.every((one) => one === step || order.isBefore(step, one)),
  )?.step;

const mayBeStopped = (stops: readonly Stop[], step: Step, order: Order): boolean =>
  stops.some(
    ({ step: stop, surely }) =>
      !order.isBefore(step, stop) && !surely.some((one) => one !== step && order.isBefore(one, step)),
  );

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
  /** When a step begins at the earliest. */
  readonly earliest: (step: Step) => Milliseconds;
  readonly #parents: ReadonlyMap<string, string>;
  readonly #waited = new Map<string, ReadonlySet<string>>();

  constructor(steps: readonly Step[]) {
    this.earliest = earliestTimes(steps);
    this.#parents = new Map(
      steps.flatMap(({ name, start }) => ('after' in start ? [[name, start.after] as const] : [])),
    );
  }

  isBefore(one: Step, other: Step): boolean {
    if (one.name === other.name) return one.turn < other.turn;
    if (this.#waitedBy(other.name).has(one.name)) return true;
    return 'at' in one.start && one.start.at < this.earliest(other);
  }

  /** The names of steps whose turns are all done before the step with this name begins. There are no circles. */
  #waitedBy(name: string): ReadonlySet<string> {
    const known = this.#waited.get(name);
    if (known) return known;
    const parent = this.#parents.get(name);
    const found = new Set(parent === undefined ? [] : [...this.#waitedBy(parent), parent]);
    this.#waited.set(name, found);
    return found;
  }
}
