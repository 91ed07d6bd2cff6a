/** A run over many inputs: what comes of it, and every fault once, with the smallest input that shows it. */
import { temporaryFolder } from '../helpers/folder.js';
import { inputs } from './inputs.js';
import { minimise } from './minimise.js';
import type { Answered, Death, Finding, Work } from './pool.js';
import { JudgeThread } from './pool.js';

export type FuzzOptions = {
  readonly seed: number;
  /** The numbers of the inputs: from the first up to, and without, the last. */
  readonly from: number;
  readonly to: number;
  readonly threads: number;
  /** How many faults are looked into before the run ends. */
  readonly most: number;
  readonly tell?: (report: Report) => void;
};

export type Fault = {
  readonly what: string;
  /** The input that it was found with; for the same seed, it is the same. */
  readonly number: number;
  readonly input: string;
  readonly times: number;
};

export type Report = {
  inputs: number;
  labs: number;
  rendered: Record<string, number>;
  codes: Record<string, number>;
  /** Milliseconds on the clock, and which input took them. */
  slowest: { number: number; took: number };
  readonly faults: Map<string, Fault>;
};

/** Inputs that a thread is given at once. */
const SHARE = 500;

export async function fuzz(options: FuzzOptions): Promise<Report> {
  const report: Report = {
    inputs: 0,
    labs: 0,
    rendered: {},
    codes: {},
    slowest: { number: -1, took: 0 },
    faults: new Map(),
  };
  const shares = sharesOf(options);
  const baseDir = temporaryFolder('fuzz');
  const sit = async (): Promise<void> => {
    const bench = new Bench(baseDir, (answer) => count(report, answer));
    for (const share of shares) {
      for (const one of await runShare(bench, share, options.seed))
        await lookInto(one, report.faults, baseDir);
      report.inputs += share.to - share.from;
      options.tell?.(report);
      if (report.faults.size >= options.most) break;
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
    readonly hear: (answer: Answered) => void,
  ) {}

  /** @returns what was found, and the input that ended the work before it was done */
  async carryOut(
    work: Work,
  ): Promise<{ readonly found: readonly Finding[]; readonly death: Death | undefined }> {
    this.#thread ??= new JudgeThread(this.baseDir, (told) =>
      told.told === 'finding' ? void this.#found.push(told) : this.hear(told),
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

function count(report: Report, { number, codes, isLab, rendered, took }: Answered): void {
  if (isLab) report.labs++;
  for (const driver of rendered) report.rendered[driver] = (report.rendered[driver] ?? 0) + 1;
  for (const code of codes) report.codes[code] = (report.codes[code] ?? 0) + 1;
  if (took > report.slowest.took) report.slowest = { number, took };
}

async function runShare(bench: Bench, { from, to }: Share, seed: number): Promise<Finding[]> {
  const all: Finding[] = [];
  for (let at = from; at < to;) {
    const { found, death } = await bench.carryOut({ do: 'run', seed, from: at, to });
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

/** How often a smaller input is tried: one that ends the thread takes a second, any other a few milliseconds. */
const TRIES = { slow: 100, quick: 2_000 } as const;

async function lookInto(
  { what, number, text }: Finding,
  faults: Map<string, Fault>,
  baseDir: string,
): Promise<void> {
  const key = alike(what);
  const known = faults.get(key);
  faults.set(key, known ? { ...known, times: known.times + 1 } : { what, number, input: text, times: 1 });
  if (known) return;
  const bench = new Bench(baseDir, () => undefined);
  const fails = async (one: string): Promise<boolean> => {
    const { found, death } = await bench.carryOut({ do: 'judge', text: one });
    return [...found, ...(death ? [death] : [])].some((other) => alike(other.what) === key);
  };
  const input = await minimise(text, fails, /second|memory|thread/.test(what) ? TRIES.slow : TRIES.quick);
  await bench.end();
  faults.set(key, { what, number, input, times: faults.get(key)?.times ?? 1 });
}
