import { setTimeout as sleep } from 'node:timers/promises';
import { familyOf, viewOf } from '../../../model/view.js';
import { readTime } from '../../../scenario/time.js';
import { writtenChecks } from '../../../verify/checks/written.js';
import type { Doer, Doing, Done } from '../doing.js';
import { clockAhead } from '../clock.js';
import { Pings } from '../pings.js';
import type { Program } from '../program.js';
import { startProgram } from '../program.js';

const EVERY = 200;
/** Milliseconds in which a ping shows that it cannot begin. */
const FIRST = 50;

/** By ping(8) in the machine, which says of each when it was. */
export const sample: Doer<'sample'> = async (doing) => {
  const { lab, step, value, away } = doing;
  const [found] = writtenChecks(viewOf({ ...lab.model, checks: step.checks }), 'ping');
  if (!found) return { status: 'error', detail: 'its destination has no address' };
  const { from, to, hindrance } = found;
  if (hindrance !== undefined) return { status: 'error', detail: hindrance };
  if (away.has(from.name)) return { status: 'error', detail: `${from.name} is stopped` };
  const every = readTime(value.every ?? EVERY / 1_000) ?? EVERY;
  const ahead = await clockAhead(lab, from.name);
  const { program, pings } = await startPings(doing, from.name, to, { every, ahead });
  const first = await Promise.race([program.ended, sleep(FIRST, 'runs' as const)]);
  if (first === 127)
    return { status: 'error', detail: `${from.name} has no ping: apt-get install iputils-ping` };
  goOn(doing, program, pings);
  return { status: 'pass', detail: `pings ${to} every ${every} ms` };
};

async function startPings(
  { lab, step: { id }, results, since }: Doing<'sample'>,
  machine: string,
  to: string,
  { every, ahead }: { readonly every: number; readonly ahead: number },
): Promise<{ readonly program: Program; readonly pings: Pings }> {
  const path = results.path('series', `${id}.csv`);
  results.text(path, 'time_ms,sequence,rtt_ms\n');
  const pings = new Pings(
    every,
    (time) => since(time - ahead),
    (row) => results.append(path, row),
  );
  const files = {
    stdout: results.path('commands', `${id}.stdout`),
    stderr: results.path('commands', `${id}.stderr`),
  };
  const options = ['-n', '-D', '-O', `-${familyOf(to)}`, '-i', String(every / 1_000)];
  const program = await startProgram(lab, machine, ['env', 'LC_ALL=C', 'ping', ...options, to], {
    results,
    files,
    onOutput: (piece) => pings.read(piece),
  });
  return { program, pings };
}

/** Until it is ended, or its time is over. */
function goOn({ value, signal, goesOn }: Doing<'sample'>, program: Program, pings: Pings): void {
  let ending: Promise<Done> | undefined;
  const end = (): Promise<Done> => (ending ??= program.end().then(() => pings.done()));
  goesOn({ end, ...(value.for !== undefined && { over: overAfter(value.for) }) });

  function overAfter(written: string | number): Promise<unknown> {
    return sleep(readTime(written) ?? 0, undefined, { ref: false, signal })
      .then(end)
      .catch(() => undefined);
  }
}
