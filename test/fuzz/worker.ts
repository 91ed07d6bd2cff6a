/** Judges inputs, one after the other; which one it is at can be read from outside at any time. */
import { readlinkSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { read } from '../helpers/topologies.js';
import { inputs } from './inputs.js';
import { Complaint, judge, judgeWritten } from './judge.js';
import type { Phase, Told, Work, WorkerData } from './pool.js';
import { PHASES } from './pool.js';
import type { Tally } from './tally.js';
import { newTally } from './tally.js';

const { clock, baseDir } = workerData as WorkerData;
const port = parentPort;
if (!port) throw new Error('this is for a thread of its own');

const tell = (told: Told): void => port.postMessage(told);
const enter = (phase: Phase): void => void Atomics.store(clock, 1, PHASES.indexOf(phase));

let current = { number: -1, text: '' };
process.on('warning', ({ message }) =>
  tell({ told: 'finding', ...current, what: `a warning of node: ${message}` }),
);

// What is loaded when it is first wanted is no input's fault.
const [warm, ...others] = ['dmz', 'ipv6-nat', 'virtual-wan'].map((one) => read(`topologies/${one}.yaml`));
for (const text of [warm ?? '', ...others]) {
  const { lab } = judge(text);
  for (const pad of ['', ' ', '  ']) if (lab) await judgeWritten(lab, text + pad, baseDir);
}
/** `PID/task/TID`: by it the time this thread takes is told from the time it waits. */
tell({ told: 'thread', thread: readlinkSync('/proc/thread-self') });
port.on('message', (work: Work) => void carryOut(work).then(() => tell({ told: 'done' })));

/** Inputs after which is told what has come of them: one that ends the thread takes no more than these along. */
const TOLD_AFTER = 100;

async function carryOut(work: Work): Promise<void> {
  if (work.do === 'judge') return judgeOne(newTally(), 0, work.text, 1);
  if (work.do === 'suffer') return suffer(work.what);
  let tally = newTally();
  for (const [number, text] of inputs(work.seed, work.from, work.to)) {
    await judgeOne(tally, number, text, work.share);
    if (tally.inputs < TOLD_AFTER) continue;
    tell({ told: 'tally', tally });
    tally = newTally();
  }
  tell({ told: 'tally', tally });
}

function suffer(what: 'forever' | 'everything'): void {
  Atomics.store(clock, 0, 1);
  const kept: number[][] = [];
  for (;;) if (what === 'everything') kept.push(new Array<number>(1 << 20).fill(kept.length));
}

/** @param share one lab in so many is also planned and written down */
async function judgeOne(tally: Tally, number: number, text: string, share: number): Promise<void> {
  current = { number, text };
  Atomics.store(clock, 0, number + 1);
  const started = performance.now();
  tally.inputs++;
  try {
    const { codes, lab } = judge(text, enter);
    for (const code of codes) tally.codes[code] = (tally.codes[code] ?? 0) + 1;
    if (lab && tally.labs++ % share === 0) {
      const driver = await judgeWritten(lab, text, baseDir, enter);
      if (driver !== undefined) tally.rendered[driver] = (tally.rendered[driver] ?? 0) + 1;
    }
  } catch (error) {
    tell({ told: 'finding', number, text, what: wordsFor(error) });
  }
  Atomics.store(clock, 0, 0);
  const took = performance.now() - started;
  if (took > tally.slowest.took) tally.slowest = { number, took };
}

/** What tells one fault from another: the error, and where in labnet it comes from. */
function wordsFor(error: unknown): string {
  if (error instanceof Complaint) return error.message;
  if (!(error instanceof Error)) return String(error);
  const frames = (error.stack ?? '').split('\n').filter((line) => line.trim().startsWith('at '));
  const own = frames.find((line) => line.includes('/dist/src/')) ?? frames[0] ?? '';
  return `${error.name}: ${error.message.slice(0, 200)} ${own.trim().replace(/file:\/\/\S*\/dist\//, '')}`;
}
