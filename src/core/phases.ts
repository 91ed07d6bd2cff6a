/**
 * Where the time of a command goes. Whoever works says what begins, `phase('links')`, and from then on time is spent on that until the
 * next word. It is of the thread: an engine keeps its own and sends it along. Without a clock, which --timing brings, nothing is kept.
 */

/** Milliseconds by phase, in the order in which they began. */
export type Spent = Readonly<Record<string, number>>;

export type PhaseName =
  | 'start'
  | 'parse'
  | 'resolve'
  /** Whether a lab fits on this computer. */
  | 'room'
  | 'plan'
  | 'render'
  | 'record'
  /** For the engine, machines or another labnet. */
  | 'wait'
  | 'derive'
  | 'judge'
  | 'report'
  | 'stop'
  /** What has no name of its own. */
  | 'rest'
  /** The engine's: */
  | 'namespaces'
  | 'links'
  | 'addresses'
  | 'NAT'
  | 'inspect'
  | 'adjust'
  | 'drop'
  | 'commands'
  | 'probes';

type Watch = {
  readonly now: () => number;
  current: PhaseName;
  since: number;
  readonly spent: Map<string, number>;
};

let watch: Watch | undefined;

/** @param since when the first phase began; milliseconds of the same clock */
export function keepTime(now: () => number, first: PhaseName, since = now()): void {
  watch = { now, current: first, since, spent: new Map() };
}

/** What begins now; the phase that it ends, to go back to. */
export function phase(name: PhaseName): PhaseName {
  if (!watch) return name;
  const { now, current, since, spent } = watch;
  const at = now();
  spent.set(current, (spent.get(current) ?? 0) + at - since);
  [watch.current, watch.since] = [name, at];
  return current;
}

/** A phase that ends with its work, and then goes on what was before. */
export function inPhase<T>(name: PhaseName, work: () => T): T {
  const before = phase(name);
  try {
    return work();
  } finally {
    phase(before);
  }
}

/** The same for what is waited for. */
export async function untilDone<T>(name: PhaseName, work: Promise<T>): Promise<T> {
  const before = phase(name);
  try {
    return await work;
  } finally {
    phase(before);
  }
}

/** All so far; undefined where no time is kept. */
export function spent(): Spent | undefined {
  if (!watch) return undefined;
  phase(watch.current);
  return Object.fromEntries(watch.spent);
}

/** The same, and begins to count anew. */
export function takeSpent(): Spent | undefined {
  const taken = spent();
  watch?.spent.clear();
  return taken;
}

const engines = new Map<string, number>();

/** What an engine spent its time on, beside this thread. */
export function addEngine(times: Spent | undefined): void {
  for (const [name, milliseconds] of Object.entries(times ?? {}))
    engines.set(name, (engines.get(name) ?? 0) + milliseconds);
}

export const engineSpent = (): Spent => Object.fromEntries(engines);
