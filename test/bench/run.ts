/** npm run bench: see options.ts. Never fails on how long something takes; only where something does not work. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, release } from 'node:os';
import { dirname } from 'node:path';
import type { Answers } from './answers.js';
import { pingAll } from './answers.js';
import type { FloorRound } from './floor.js';
import { compileFloor, floorRound } from './floor.js';
import { goalsText } from './goals.js';
import type { LabnetRound } from './labnet.js';
import { labnetRound, peakMemory, Workspace } from './labnet.js';
import { changesOf, machineState } from './machine.js';
import type { MininetRound } from './mininet.js';
import { findMininet, mininetRound } from './mininet.js';
import type { BenchOptions } from './options.js';
import { HELP, readOptions } from './options.js';
import { inRoot, killAll } from './processes.js';
import { reportText } from './report.js';
import type { Ratios, Results, SizeResult } from './results.js';
import { differences, ratiosOf } from './results.js';
import { settle } from './settle.js';
import { measureStartup } from './startup.js';
import { medians, round } from './stats.js';

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** One of each a round, so that what else the machine does meets all of them. */
async function measureSize(
  hosts: number,
  { rounds, mininetRounds }: BenchOptions,
  workspace: Workspace,
  python: string | undefined,
): Promise<SizeResult> {
  const floor: FloorRound[] = [];
  const labnet: LabnetRound[] = [];
  const mininet: MininetRound[] = [];
  let answers: Answers | undefined;
  const ask = async (): Promise<void> => void (answers ??= await pingAll(hosts, workspace.stateDir));
  await settle();
  for (let index = 0; index < rounds; index++) {
    say(`wan-${hosts}, round ${index + 1} of ${rounds}`);
    floor.push(await floorRound(hosts));
    labnet.push(await labnetRound(workspace, hosts, ask));
    if (python !== undefined && index < mininetRounds(hosts)) mininet.push(await mininetRound(python, hosts));
  }
  if (!answers) throw new Error('no round, no answers');
  return {
    hosts,
    floor: medians(floor),
    labnet: medians(labnet),
    ...(mininet.length > 0 && { mininet: medians(mininet) }),
    answers: { ...answers, cold: round(answers.cold), warm: round(answers.warm) },
    peakMemory: round(await peakMemory(workspace, hosts)),
  };
}

async function measure(options: BenchOptions, workspace: Workspace): Promise<Results> {
  await compileFloor();
  const { python, why } = await findMininet();
  if (why !== undefined) say(`without Mininet: ${why}`);
  const startup = await measureStartup();
  const sizes: SizeResult[] = [];
  for (const hosts of options.sizes) sizes.push(await measureSize(hosts, options, workspace, python));
  return {
    date: new Date().toISOString(),
    machine: { kernel: release(), node: process.version, processors: availableParallelism() },
    startup,
    sizes,
    ratios: ratiosOf(startup, sizes),
  };
}

function baseline(): Ratios {
  try {
    const text = readFileSync(inRoot('test/bench/baseline.json'), 'utf8');
    return (JSON.parse(text) as Pick<Results, 'ratios'>).ratios;
  } catch {
    return {};
  }
}

function report(results: Results, out: string): void {
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, `${JSON.stringify(results, undefined, 2)}\n`);
  console.log(reportText(results));
  console.log(`\n${goalsText(results).join('\n')}`);
  for (const difference of differences(results.ratios, baseline())) console.log(`warning: ${difference}`);
}

async function bench(options: BenchOptions): Promise<void> {
  const workspace = new Workspace();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      killAll();
      workspace.remove();
      process.exit(130);
    });
  }
  try {
    const before = await machineState();
    report(await measure(options, workspace), options.out);
    const changes = changesOf(before, await machineState());
    if (changes.length > 0) throw new Error(`this machine's own network has changed:\n${changes.join('\n')}`);
  } finally {
    workspace.remove();
  }
}

try {
  const options = readOptions();
  if (options) await bench(options);
  else console.log(HELP);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
