/** Judges inputs, one after the other; which one it is at can be read from outside at any time. */
import { readlinkSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { read } from '../helpers/topologies.js';
import { inputs } from './inputs.js';
import { Complaint, judge } from './judge.js';
import type { Phase, Told, Work, WorkerData } from './pool.js';
import { PHASES } from './pool.js';

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
await judge(read('topologies/dmz.yaml'), baseDir);
/** `PID/task/TID`: by it the time this thread takes is told from the time it waits. */
tell({ told: 'thread', thread: readlinkSync('/proc/thread-self') });
port.on('message', (work: Work) => void carryOut(work).then(() => tell({ told: 'done' })));

async function carryOut(work: Work): Promise<void> {
  if (work.do === 'judge') await judgeOne(0, work.text);
  else if (work.do === 'suffer') suffer(work.what);
  else for (const [number, text] of inputs(work.seed, work.from, work.to)) await judgeOne(number, text);
}

function suffer(what: 'forever' | 'everything'): void {
  Atomics.store(clock, 0, 1);
  const kept: number[][] = [];
  for (;;) if (what === 'everything') kept.push(new Array<number>(1 << 20).fill(kept.length));
}

async function judgeOne(number: number, text: string): Promise<void> {
  current = { number, text };
  Atomics.store(clock, 0, number + 1);
  const started = performance.now();
  try {
    const { codes, isLab, rendered } = await judge(text, baseDir, enter);
    tell({ told: 'answer', number, codes, isLab, rendered, took: performance.now() - started });
  } catch (error) {
    tell({ told: 'finding', number, text, what: wordsFor(error) });
  }
  Atomics.store(clock, 0, 0);
}

/** What tells one fault from another: the error, and where in labnet it comes from. */
function wordsFor(error: unknown): string {
  if (error instanceof Complaint) return error.message;
  if (!(error instanceof Error)) return String(error);
  const frames = (error.stack ?? '').split('\n').filter((line) => line.trim().startsWith('at '));
  const own = frames.find((line) => line.includes('/dist/src/')) ?? frames[0] ?? '';
  return `${error.name}: ${error.message.slice(0, 200)} ${own.trim().replace(/file:\/\/\S*\/dist\//, '')}`;
}
