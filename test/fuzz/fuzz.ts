/** A run over many inputs: what comes of it, and every fault once, with the smallest input that shows it. */
import { temporaryFolder } from '../helpers/folder.js';
import { inputs } from './inputs.js';
import { minimise } from './minimise.js';
import type { Death, Finding, Work } from './pool.js';
import { JudgeThread } from './pool.js';
import type { Tally } from './tally.js';
import { add, newTally } from './tally.js';

export type FuzzOptions = {
  readonly seed: number;
  /** The numbers of the inputs: from the first up to, and without, the last. */
  readonly from: number;
  readonly to: number;
  readonly threads: number;
  /** One lab in so many is also planned and written down. */
  readonly share: number;
  /** Milliseconds until it ends, however far it is. */
  readonly time?: number | undefined;
  /** How many faults are looked into before the run ends. */
  readonly most: number;
  readonly tell?: (report: Report) => void;
  /** Told of each fault, before it is looked into. */
  readonly found?: (number: number, what: string) => void;
};

export type Fault = {
  readonly what: string;
  /** The input that it was found with; for the same seed, it is the same. */
  readonly number: number;
  readonly input: string;
  readonly times: number;
};
export type Faults = Map<string, Fault>;
export type Report = Tally & { readonly faults: Faults };

/** Inputs that a thread is given at once. */
const SHARE = 500;

export async function fuzz(options: FuzzOptions): Promise<Report> {
  const report: Report = { ...newTally(), faults: new Map() };
  const shares = sharesOf(options);
  const baseDir = temporaryFolder('fuzz');
  const end = performance.now() + (options.time ?? Infinity);
  const sit = async (): Promise<void> => {
    const bench = new Bench(baseDir, (tally) => add(report, tally));
    for (const share of shares) {
      for (const one of await runShare(bench, share, options))
        await lookInto(one, report.faults, { baseDir, found: options.found });
      options.tell?.(report);
      if (report.faults.size >= options.most || performance.now() > end) break;
    }
    await bench.end();
  };
  await Promise.all(Array.from({ length: options.threads }, sit));
  return report;
}

/** One thread at a time, and another after each that did not survive an input. */
class Bench {
  #thread: JudgeThread | undefined;
  #found: Finding[] = [];

  constructor(
    readonly baseDir: string,
    readonly hear: (tally: Tally) => void,
  ) {}

  /** @returns what was found, and the input that ended the work before it was done */
  async carryOut(
    work: Work,
  ): Promise<{ readonly found: readonly Finding[]; readonly death: Death | undefined }> {
    this.#thread ??= new JudgeThread(this.baseDir, (told) =>
      told.told === 'finding' ? void this.#found.push(told) : this.hear(told.tally),
    );
    const death = await this.#thread.carryOut(work);
    if (death) await this.end();
    return { found: this.#found.splice(0), death };
  }

  async end(): Promise<void> {
    await this.#thread?.end();
    this.#thread = undefined;
  }
}

type Share = { readonly from: number; readonly to: number };

function* sharesOf({ from, to }: FuzzOptions): Generator<Share> {
  for (let at = from; at < to; at += SHARE) yield { from: at, to: Math.min(to, at + SHARE) };
}

async function runShare(bench: Bench, { from, to }: Share, { seed, share }: FuzzOptions): Promise<Finding[]> {
  const all: Finding[] = [];
  for (let at = from; at < to;) {
    const { found, death } = await bench.carryOut({ do: 'run', seed, from: at, to, share });
    all.push(...found);
    if (!death) break;
    const [input] = inputs(seed, death.number, death.number + 1);
    all.push({ told: 'finding', ...death, text: input?.[1] ?? '' });
    at = death.number + 1;
  }
  return all;
}

/** Numbers, names and texts differ from one input to the next. */
const alike = (what: string): string =>
  what.replace(/'[^']*'|machines\/\S+\/|\d+|(?<=(diagnostic|line) .*): .*/gs, '').slice(0, 160);

/** How often a smaller input is tried, and how long in all: one that ends the thread takes seconds, any other a few milliseconds. */
const TRIES = 2_000;
const PATIENCE = 60_000;

async function lookInto(
  { what, number, text }: Finding,
  faults: Faults,
  { baseDir, found }: { readonly baseDir: string; readonly found: FuzzOptions['found'] },
): Promise<void> {
  const key = alike(what);
  const known = faults.get(key);
  if (known) return void faults.set(key, { ...known, times: known.times + 1 });
  const end = performance.now() + PATIENCE;
  const bench = new Bench(baseDir, () => undefined);
  const fails = async (one: string): Promise<boolean> => {
    if (performance.now() > end) return false;
    const { found: again, death } = await bench.carryOut({ do: 'judge', text: one });
    return [...again, ...(death ? [death] : [])].some((other) => alike(other.what) === key);
  };
  // On a busy computer a thread may be late once, which is no fault of the input.
  if (!/second/.test(what) || (await fails(text))) {
    found?.(number, what);
    faults.set(key, { what, number, input: await minimise(text, fails, TRIES), times: 1 });
  }
  await bench.end();
}
