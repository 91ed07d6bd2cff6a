import { setTimeout as sleep } from 'node:timers/promises';
import { viewOf } from '../../../model/view.js';
import { readTime } from '../../../scenario/time.js';
import { familyOf } from '../../../model/view.js';
import { writtenChecks } from '../../../verify/checks/written.js';
import type { Doer, Done } from '../doing.js';
import { startProgram } from '../program.js';

const EVERY = 200;
/** `[1700000000.123456] 64 bytes from 10.0.0.1: icmp_seq=1 ttl=63 time=0.110 ms`, and what `ping -O` says of one that has no answer yet. */
const ANSWER = /^\[(\d+\.\d+)\] .*icmp_seq=(\d+) .*time=([\d.]+) ms/;
const NO_ANSWER = /^\[(\d+\.\d+)\] no answer yet for icmp_seq=(\d+)/;

type Row = { readonly time: number; readonly rtt?: number };

/** By ping(8) of iputils in the machine, which says of each when it was. */
export const sample: Doer<'sample'> = async (doing) => {
  const { lab, step, value, results, away, since, goesOn } = doing;
  const [found] = writtenChecks(viewOf({ ...lab.model, checks: step.checks }), 'ping');
  if (!found) return { status: 'error', detail: 'its destination has no address' };
  const { from, to } = found;
  if (away.has(from.name)) return { status: 'error', detail: `${from.name} is stopped` };
  const every = readTime(value.every ?? EVERY / 1_000) ?? EVERY;
  const rows = new Map<number, Row>();
  const path = results.path('series', `${step.id}.csv`);
  results.text(path, 'time_ms,sequence,rtt_ms\n');
  const onLine = (line: string): void => {
    const [, at, sequence, rtt] = ANSWER.exec(line) ?? NO_ANSWER.exec(line) ?? [];
    if (at === undefined) return;
    const time = since(Number(at) * 1_000) - Number(rtt ?? every);
    rows.set(Number(sequence), { time, ...(rtt !== undefined && { rtt: Number(rtt) }) });
    results.append(path, `${time.toFixed(3)},${sequence ?? ''},${rtt ?? ''}\n`);
  };
  let rest = '';
  const files = {
    stdout: results.path('commands', `${step.id}.stdout`),
    stderr: results.path('commands', `${step.id}.stderr`),
  };
  const argv = [
    'env',
    'LC_ALL=C',
    'ping',
    '-n',
    '-D',
    '-O',
    `-${familyOf(to)}`,
    '-i',
    String(every / 1_000),
    to,
  ];
  const program = await startProgram(lab, from.name, argv, {
    results,
    files,
    onOutput: (piece) => {
      const lines = `${rest}${piece}`.split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(onLine);
    },
  });
  const first = await Promise.race([program.ended, sleep(50, 'runs' as const)]);
  if (first === 127)
    return { status: 'error', detail: `${from.name} has no ping: apt-get install iputils-ping` };
  let ending: Promise<Done> | undefined;
  const end = (): Promise<Done> => (ending ??= program.end().then(() => doneOf(rows)));
  if (value.for !== undefined) {
    const enough = readTime(value.for) ?? 0;
    void sleep(enough, undefined, { ref: false, signal: doing.signal })
      .then(end)
      .catch(() => undefined);
  }
  goesOn({ end });
  return { status: 'pass', detail: `pings ${to} every ${every} ms` };
};

/** Round trips in milliseconds, and the share of those that had no answer. */
function doneOf(rows: ReadonlyMap<number, Row>): Done {
  const all = [...rows.values()];
  const answered = all.flatMap(({ rtt }) => rtt ?? []);
  if (all.length === 0) return { status: 'pass', detail: 'no values' };
  const loss = (100 * (all.length - answered.length)) / all.length;
  return {
    status: 'pass',
    detail: `${all.length} values, ${answered.length} answered`,
    measured: {
      ...(answered.length > 0 && { rtt: { unit: 'ms', values: answered } }),
      loss: { unit: '%', values: [Number(loss.toFixed(3))] },
    },
  };
}
