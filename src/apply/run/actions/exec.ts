import { setTimeout as sleep } from 'node:timers/promises';
import { readTime } from '../../../scenario/time.js';
import type { Doer, Doing, Done, Measured } from '../doing.js';
import type { Program } from '../program.js';
import { startProgram } from '../program.js';

const TIMEOUT = 60_000;
/** Milliseconds in which a program in the background shows that it could not be started. */
const FIRST = 100;

export const exec: Doer<'exec'> = async (doing) => {
  const { lab, value, results, away, signal } = doing;
  if (away.has(value.machine)) return { status: 'error', detail: `${value.machine} is stopped` };
  const base = nameOf(doing);
  const files = {
    stdout: results.path('commands', `${base}.stdout`),
    stderr: results.path('commands', `${base}.stderr`),
  };
  const program = await startProgram(lab, value.machine, value.run, { results, files });
  if (value.background === true) return inBackground(doing, program, base);
  const timer = new AbortController();
  const timeout = readTime(value.timeout ?? TIMEOUT / 1_000) ?? TIMEOUT;
  const late = sleep(timeout, 'late' as const, { signal: AbortSignal.any([timer.signal, signal]) }).catch(
    () => 'stopped' as const,
  );
  const code = await Promise.race([program.ended, late]);
  timer.abort();
  if (code === 'late' || code === 'stopped') await program.end();
  writeExit(doing, base, typeof code === 'string' ? null : code);
  if (code === 'late') return { status: 'fail', detail: `still running after ${timeout} ms: ended` };
  if (code === 'stopped') return { status: 'error', detail: 'stopped' };
  return judged(doing, code, program.output());
};

/** As `save` has it, and which turn it is of. */
const nameOf = ({ value: { save }, step: { id, name } }: Doing<'exec'>): string =>
  save === undefined ? id : `${save}${id.slice(name.length)}`;

const writeExit = ({ results }: Doing<'exec'>, base: string, code: number | null): void =>
  results.text(results.path('commands', `${base}.exit`), `${code ?? ''}\n`);

function judged({ value }: Doing<'exec'>, code: number | null, output: string): Done {
  const expected = value['expect-exit'] ?? 0;
  const isExpected = code !== null && (expected === 'any' || code === expected);
  const detail = code === null ? 'it could not be started' : `exit code ${code}`;
  if (!isExpected)
    return { status: code === null ? 'error' : 'fail', detail, outcome: `exit ${code ?? '?'}` };
  const measured: Record<string, Measured> = {};
  for (const [name, pattern] of Object.entries(value.measure ?? {})) {
    const number = Number(new RegExp(pattern, 'm').exec(output)?.[1] ?? NaN);
    if (!Number.isFinite(number)) return { status: 'fail', detail: `no ${name} in its output: /${pattern}/` };
    measured[name] = { unit: '', values: [number] };
  }
  return { status: 'pass', detail, outcome: `exit ${code}`, measured };
}

async function inBackground(doing: Doing<'exec'>, program: Program, base: string): Promise<Done> {
  let hasEnded = false;
  void program.ended.then((code) => {
    hasEnded = true;
    writeExit(doing, base, code);
  });
  const code = await Promise.race([program.ended, sleep(FIRST, 'runs' as const)]);
  if (code !== 'runs' && code !== 0)
    return { status: 'fail', detail: `it ended at once: exit code ${code ?? 'none'}` };
  doing.goesOn({
    end: async () => {
      const before = hasEnded;
      const last = await program.end();
      return { status: 'pass', detail: before ? `had ended: exit code ${last ?? 'none'}` : 'ended' };
    },
  });
  return { status: 'pass', detail: 'started' };
}
