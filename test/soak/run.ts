/** `npm run soak -- [--cycles N] [--by library|cli] [--as-user]`: whether anything is left of labs that come and go. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { toolPath } from '../../src/sys/tools.js';
import { pathTo } from '../helpers/topologies.js';
import type { Way } from './cycle.js';
import { leaksIn, slopeOf } from './judge.js';
import type { Resources } from './resources.js';
import { inSandbox, noSandbox } from './sandbox.js';

export type Soaked = {
  readonly counts: readonly Resources[];
  readonly code: number | null;
  readonly stderr: string;
};

/** V8 lets its young generation grow to 32 MB by and by, whatever is left in it: what is resident would say nothing. */
const NODE_OPTIONS = ['--expose-gc', '--max-semi-space-size=1'];
/** For each cycle; one that takes longer has hung. */
const CYCLE_TIMEOUT = 60_000;

/** @param tell called with what there is after each cycle */
export async function soak(
  way: Way,
  cycles: number,
  asUser: boolean,
  tell: (counts: readonly Resources[]) => void = () => undefined,
): Promise<Soaked> {
  const worker = [process.execPath, ...NODE_OPTIONS, pathTo('dist/test/soak/worker.js'), way, String(cycles)];
  const [program, ...rest] = inSandbox(worker, asUser);
  const env: NodeJS.ProcessEnv = { ...process.env, PATH: toolPath(), NO_COLOR: '1' };
  Reflect.deleteProperty(env, 'NODE_V8_COVERAGE');
  const child = spawn(program, rest, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), cycles * CYCLE_TIMEOUT);
  const counts: Resources[] = [];
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr = (stderr + chunk).slice(-4000)));
  createInterface(child.stdout).on('line', (line) => {
    counts.push(JSON.parse(line) as Resources);
    tell(counts);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  clearTimeout(timer);
  return { counts, code, stderr };
}

const mega = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

function say(counts: readonly Resources[]): void {
  const last = counts.at(-1);
  if (!last) return;
  const { heap, resident, ...others } = last;
  const rest = Object.entries(others).map(([name, count]) => `${count} ${name}`);
  process.stdout.write(
    `${String(counts.length - 1).padStart(5)}  heap ${mega(heap)}, resident ${mega(resident)}, ${rest.join(', ')}\n`,
  );
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      cycles: { type: 'string', default: '200' },
      by: { type: 'string', default: 'library' },
      'as-user': { type: 'boolean', default: false },
    },
  });
  const cycles = Number(values.cycles);
  const missing = noSandbox(values['as-user']);
  if (missing !== '') throw new Error(missing);
  const step = Math.max(1, Math.round(cycles / 20));
  const { counts, code, stderr } = await soak(values.by as Way, cycles, values['as-user'], (sofar) => {
    if ((sofar.length - 1) % step === 0 || sofar.length - 1 <= 2) say(sofar);
  });
  const half = counts.slice(counts.length / 2);
  const slope = (key: 'heap' | 'resident'): string =>
    `${key} ${Math.round(slopeOf(half.map((one) => one[key])))} bytes`;
  process.stdout.write(`growth a cycle over the second half: ${slope('heap')}, ${slope('resident')}\n`);
  const leaks = leaksIn(counts);
  for (const leak of leaks) process.stdout.write(`✗ ${leak}\n`);
  if (code !== 0) process.stdout.write(`✗ ended with ${code ?? 'a signal'}: ${stderr}\n`);
  process.exitCode = code === 0 && leaks.length === 0 ? 0 : 1;
}

if (process.argv[1] === new URL(import.meta.url).pathname) await main();
