/** The tracer, tracer.c: built, and run on one command of labnet. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bounded } from '../helpers/bounded.js';
import { toolEnv } from '../../src/sys/tools.js';
import { pathTo } from '../helpers/topologies.js';

const SOURCES = [
  'tracer.c',
  ...['filter', 'point', 'power', 'processes'].map((name) => `tracer/${name}.h`),
].map((file) => pathTo(`test/kills/${file}`));
const BINARY = pathTo('dist/test/kills/tracer-c');

/** As tracer.c has them. */
export const MODES = ['all', 'cli', 'late', 'engine', 'holder', 'power-kept', 'power-lost'] as const;
export type Mode = (typeof MODES)[number];

export type Traced = {
  /** What became of it: 'straggler' where something did not end by itself, 'past' where it came to no such point. */
  readonly end: 'done' | 'killed' | 'past' | 'straggler' | 'not-allowed' | 'broken';
  /** One a line: number, process, program, system call, and what it is about. */
  readonly points: readonly string[];
  /** What the program said, and what the tracer has to say of it. */
  readonly said: string;
};

const ENDS: Readonly<Record<number, Traced['end']>> = { 3: 'past', 4: 'straggler', 5: 'not-allowed' };
/** The tracer ends itself before. */
const SECONDS = 90;

export function buildTracer(): void {
  const built = existsSync(BINARY) ? statSync(BINARY).mtimeMs : 0;
  if (SOURCES.every((file) => statSync(file).mtimeMs < built)) return;
  mkdirSync(dirname(BINARY), { recursive: true });
  execFileSync('gcc', ['-O2', '-Wall', '-Wextra', '-Werror', '-o', BINARY, SOURCES[0] ?? ''], {
    env: toolEnv(),
    stdio: 'pipe',
    timeout: 60_000,
  });
}

export type TraceOptions = {
  /** A folder of the test's own, for what is said and listed. */
  readonly folder: string;
  readonly stateDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly mode: Mode;
  /** The point's number; 0 for a run without a kill. */
  readonly at: number;
  /** Done when it has been killed; with mode 'late', while what is left of it stands still. */
  readonly meanwhile?: () => Promise<void>;
};

export async function trace(argv: readonly string[], options: TraceOptions): Promise<Traced> {
  const { folder, stateDir, env, mode, at, meanwhile } = options;
  const output = join(folder, 'said');
  const list = join(folder, 'points');
  const own = [stateDir, output, list, mode, `${at}`, `${SECONDS}`];
  // Its own pipes, which nothing that it runs inherits: whatever is left over keeps nobody waiting.
  const child = spawn(BINARY, [...own, '--', ...argv], { env, stdio: ['pipe', 'pipe', 'ignore'] });
  let told = '';
  child.stdin.on('error', () => undefined);
  const closed = bounded(once(child, 'close') as Promise<[number | null]>, (SECONDS + 5) * 1000, () => {
    child.kill('SIGKILL');
    child.stdout.destroy();
  });
  const isKilled = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      told += text;
      if (told.includes('killed\n')) resolve();
    });
    child.once('close', () => resolve());
  });
  await isKilled;
  if (told.includes('killed\n')) await meanwhile?.();
  child.stdin.end();
  const [code] = await closed;
  const end = code === 0 ? (at === 0 ? 'done' : 'killed') : (ENDS[code ?? -1] ?? 'broken');
  return { end, points: linesOf(list), said: `${readFileSync(output, 'utf8')}${told}` };
}

const linesOf = (path: string): string[] => readFileSync(path, 'utf8').split('\n').filter(Boolean);
