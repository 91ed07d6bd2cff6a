/**
 * Where the time of a command goes: `phase('links')` starts a phase and ends the one before. Each thread keeps its own times, and an
 * engine sends them to the command. Nothing is measured without a clock, which --timing sets.
 */

/** Milliseconds by phase, in the order in which they began. */
export type Spent = Readonly<Record<string, number>>;

export type PhaseName =
  | 'start'
  | 'parse'
  | 'resolve'
  /** The check whether a lab fits on this computer. */
  | 'room'
  | 'plan'
  | 'render'
  | 'record'
  /** Waiting for the engine, machines or another labnet. */
  | 'wait'
  | 'derive'
  | 'judge'
  | 'report'
  | 'stop'
  /** Everything else. */
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

/** @param since the start of the first phase; milliseconds of the same clock */
export function keepTime(now: () => number, first: PhaseName, since = now()): void {
  watch = { now, current: first, since, spent: new Map() };
}

/** Starts a phase, and returns the one that it ends, so that the caller can go back to it. */
export function phase(name: PhaseName): PhaseName {
  if (!watch) return name;
  const { now, current, since, spent } = watch;
  const at = now();
  spent.set(current, (spent.get(current) ?? 0) + at - since);
  [watch.current, watch.since] = [name, at];
  return current;
}

/** Measures work as one phase; the phase before it goes on afterwards. */
export function inPhase<T>(name: PhaseName, work: () => T): T {
  const before = phase(name);
  try {
    return work();
  } finally {
    phase(before);
  }
}

/** The same for asynchronous work. */
export async function untilDone<T>(name: PhaseName, work: Promise<T>): Promise<T> {
  const before = phase(name);
  try {
    return await work;
  } finally {
    phase(before);
  }
}

/** The times so far; undefined where nothing is measured. */
export function spent(): Spent | undefined {
  if (!watch) return undefined;
  phase(watch.current);
  return Object.fromEntries(watch.spent);
}

/** The times so far, which then start again from zero. */
export function takeSpent(): Spent | undefined {
  const taken = spent();
  watch?.spent.clear();
  return taken;
}

const engines = new Map<string, number>();

/** Adds the times of an engine, which worked beside this thread. */
export function addEngine(times: Spent | undefined): void {
  for (const [name, milliseconds] of Object.entries(times ?? {}))
    engines.set(name, (engines.get(name) ?? 0) + milliseconds);
}

export const engineSpent = (): Spent => Object.fromEntries(engines);
