/** npm run bench: see options.ts. Never fails on how long something takes; only where something does not work. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, release } from 'node:os';
import { dirname } from 'node:path';
import { measureDataPlane } from './dataplane.js';
import { compileFloor } from './floor.js';
import { goalsText } from './goals.js';
import { measureGrowth } from './growth.js';
import { Workspace } from './labnet.js';
import { changesOf, machineState } from './machine.js';
import { findMininet } from './mininet.js';
import type { BenchOptions } from './options.js';
import { HELP, readOptions } from './options.js';
import { inRoot, killAll } from './processes.js';
import { reportText } from './report.js';
import type { Ratios, Results } from './results.js';
import { differences, ratiosOf } from './results.js';
import type { SizeResult } from './size.js';
import { measureSize } from './size.js';
import { measureSsh } from './ssh.js';
import { measureStartup } from './startup.js';
import { round } from './stats.js';

const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function measure(options: BenchOptions, workspace: Workspace): Promise<Results> {
  const { parts } = options;
  const [before = 0] = loadavg();
  const { python, why } = await findMininet();
  if (why !== undefined) say(`without Mininet: ${why}`);
  const startup = parts.has('startup') ? await measureStartup() : undefined;
  const sizes: SizeResult[] = [];
  if (parts.has('labs')) {
    await compileFloor();
    for (const hosts of options.sizes)
      sizes.push(await measureSize(hosts, options, { workspace, python, say }));
  }
  if (parts.has('growth')) say(`growth, ${options.growthSizes.join(' and ')} hosts`);
  const growth = parts.has('growth') ? await measureGrowth(workspace, options) : [];
  if (parts.has('data')) say('data plane');
  const usable = options.mininetRounds(0) > 0 ? python : undefined;
  const data = parts.has('data') ? await measureDataPlane(workspace, usable, options) : undefined;
  const ssh = parts.has('ssh') ? await measureSsh(options.sshHosts, options.rounds, say) : undefined;
  const found = { sizes, growth, ...(startup && { startup }), ...(data && { data }), ...(ssh && { ssh }) };
  const [after = 0] = loadavg();
  return {
    date: new Date().toISOString(),
    machine: {
      kernel: release(),
      node: process.version,
      processors: availableParallelism(),
      load: [round(before), round(after)],
    },
    ...found,
    ratios: ratiosOf(found),
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
