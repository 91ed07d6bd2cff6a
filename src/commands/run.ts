import type { Command } from '@commander-js/extra-typings';
import { relative } from 'node:path';
import { badInput } from '../core/errors.js';
import type { PlannedRun, RunReport, RunResult, StepResult } from '../index.js';
import type { CommonOptions, Output } from './context.js';
import { common } from './common.js';
import { abortOnSignal, run } from './context.js';

type Options = CommonOptions & {
  readonly out?: string | undefined;
  readonly repeat?: string | undefined;
  readonly seed?: string | undefined;
  readonly jobs?: string | undefined;
  readonly driver?: string | undefined;
  readonly sshConfig?: string | undefined;
  readonly lab?: string | undefined;
  readonly keep?: true | undefined;
  readonly plan?: true | undefined;
};

export function defineRun(program: Command): void {
  common(program.command('run'), 'labnet run topologies/scenarios/nat-sweep.scenario.yaml --jobs 4')
    .description('run a scenario: its timeline, for every combination of its sweep, each in a lab of its own')
    .argument(
      '[file]',
      'a scenario, or a topology with a scenario in it; default: the only topology in this folder',
    )
    .option('--out <folder>', 'the folder for the results; default: results/NAME-TIME')
    .option('--repeat <times>', 'the number of runs of each combination')
    .option('--seed <number>', 'the seed of random choices; default: 1')
    .option('--jobs <number>', 'runs at the same time; default: 1')
    .option('--driver <name>', 'the driver for machines: netns, vagrant or ssh; default: netns')
    .option('--ssh-config <file>', 'for ssh: how to reach the machines, see ssh_config(5)')
    .option('--lab <lab>', 'use this running lab, and leave it running')
    .option('--keep', 'leave the labs running')
    .option('--plan', 'only show the steps and their times')
    .action((file, options) => run(options, (output) => runFile(file, options, output)));
}

async function runFile(file: string | undefined, options: Options, output: Output): Promise<number> {
  const { chooseFile } = await import('./local.js');
  const path = chooseFile(file);
  const numbers = {
    seed: numberOf('--seed', options.seed, 0, 2 ** 31 - 1),
    repeat: numberOf('--repeat', options.repeat, 1, 1_000),
  };
  if (options.plan === true) return showPlan(path, numbers, output);
  const { signal, release } = abortOnSignal();
  try {
    const report = await carryOut(path, { ...options, ...numbers, signal }, output);
    const { reportText } = await import('../report/timeline.js');
    output.json('run', jsonOf(report));
    output.say(reportText(report, relative(process.cwd(), report.folder) || '.', output.style));
    return { passed: 0, failed: 1, stopped: 130 }[report.status];
  } finally {
    release();
  }
}

type Asked = Omit<Options, 'seed' | 'repeat'> & {
  readonly seed: number | undefined;
  readonly repeat: number | undefined;
  readonly signal: AbortSignal;
};

async function carryOut(path: string, options: Asked, output: Output): Promise<RunReport> {
  const { runScenario, planScenario } = await import('../index.js');
  const { runLine, stepLine } = await import('../report/timeline.js');
  const { out, seed, repeat, lab, signal, stateDir, driver, sshConfig, keep = false } = options;
  const { runs, warnings } = await planScenario(path, { seed, repeat });
  await output.brief(warnings);
  const isOne = runs.length === 1;
  return runScenario(path, {
    ...{ out, seed, repeat, lab, signal, stateDir, driver, sshConfig, keep },
    jobs: numberOf('--jobs', options.jobs, 1, 64),
    onStep: (_: PlannedRun, step: StepResult) => {
      if (isOne) output.say(stepLine(step, output.style));
    },
    onRun: (result: RunResult) => {
      if (!isOne) output.say(runLine(result, runs.length, output.style));
      if (keep && lab === undefined) output.say(`  its lab runs: labnet down ${result.lab}`);
    },
  });
}

async function showPlan(
  path: string,
  numbers: { readonly seed: number | undefined; readonly repeat: number | undefined },
  output: Output,
): Promise<number> {
  const { planScenario } = await import('../index.js');
  const { planText } = await import('../report/timeline.js');
  const plan = await planScenario(path, numbers);
  await output.brief(plan.warnings);
  const runs = plan.runs.map(({ index, values, repeat, seed, schedule }) => ({
    ...{ index, values, repeat, seed },
    steps: schedule.steps.map(({ id, start, within, text, line }) => ({
      ...{ id, ...start, text, line },
      ...(within !== undefined && { within }),
    })),
  }));
  output.json('run-plan', { name: plan.name, seed: plan.seed, runs, warnings: plan.warnings });
  output.say(planText(plan, output.style));
  return 0;
}

/** Single measurements are in the folder of results. */
const jsonOf = (report: RunReport) => ({
  ...report,
  runs: report.runs.map((result) =>
    Object.fromEntries(Object.entries(result).filter(([key]) => key !== 'measured')),
  ),
});

function numberOf(option: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  const number = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  if (number >= least && number <= most) return number;
  throw badInput(
    'bad-usage',
    `${option} must be a number from ${least} to ${most}, not '${text}'`,
    `such as ${option} ${Math.max(least, 1)}`,
  );
}
