/** `labnet run`: every combination of a scenario, as often as is asked for, and what came of all of them. */
import { join, resolve as resolvePath } from 'node:path';
import type { Diagnostic } from '../../core/diagnostic.js';
import { badInput } from '../../core/errors.js';
import type { Emit } from '../../core/events.js';
import type { DriverOptions } from '../../drivers/driver.js';
import { DEFAULT_DRIVER, driverNamed, requireSsh } from '../../drivers/registry.js';
import type { Row } from '../../scenario/summary.js';
import { summaryCsv, summaryOf } from '../../scenario/summary.js';
import type { Sweep } from '../../scenario/sweep.js';
import type { StateOptions } from '../labs.js';
import { requireAble } from './able.js';
import type { PlanOptions, PlannedRun, RunPlan } from './load.js';
import { planRuns } from './load.js';
import type { RunResult, RunStatus } from './one.js';
import { MANIFEST_SCHEMA, runOne } from './one.js';
import { freshFolder, newFolder, Results } from './results.js';
import type { StepResult } from './step-result.js';

export type RunOptions = StateOptions &
  PlanOptions &
  DriverOptions & {
    /** How machines are made; default: netns. Machines that are given (ssh) are in one lab at a time. */
    readonly driver?: string | undefined;
    /** The folder of results, empty or not there yet; default: results/NAME-TIME. */
    readonly out?: string | undefined;
    /** Runs at the same time, each in a lab of its own; default: 1, as runs on one computer disturb one another. */
    readonly jobs?: number | undefined;
    /** Leaves the labs running. */
    readonly keep?: boolean | undefined;
    /** A running lab to use, and to leave as the steps leave it; for one run only. */
    readonly lab?: string | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly emit?: Emit | undefined;
    readonly onStep?: ((run: PlannedRun, step: StepResult) => void) | undefined;
    readonly onRun?: ((result: RunResult) => void) | undefined;
    /** Makes more files of the results, such as a report. */
    readonly render?:
      ((report: RunReport) => readonly { readonly path: string; readonly text: string }[]) | undefined;
  };

export type RunReport = {
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
  readonly seed: number;
  readonly sweep: Sweep;
  readonly status: RunStatus;
  readonly runs: readonly RunResult[];
  readonly summary: readonly Row[];
  readonly warnings: readonly Diagnostic[];
};

/**
 * @throws LabnetError exit code 2 for mistakes in the files, before anything is brought up; runs that fail are in the report
 */
export async function runScenario(file: string, options: RunOptions = {}): Promise<RunReport> {
  requireSsh(options);
  const plan = planRuns(file, options);
  const { lab, signal = new AbortController().signal } = options;
  if (lab !== undefined && plan.runs.length > 1)
    throw badInput(
      'bad-usage',
      `${plan.runs.length} runs cannot all use the lab ${lab}`,
      "leave out '--lab', or the sweep",
    );
  const driver = await driverNamed(options.driver ?? DEFAULT_DRIVER);
  if (lab === undefined) requireAble(driver, plan, options);
  const folder = folderFor(plan, options.out);
  const runs = await runAll(plan, folder, options, signal);
  const summary = summaryOf(runs.map(summed));
  const report: RunReport = {
    ...{ name: plan.name, folder, seed: plan.seed, sweep: plan.sweep },
    status: statusOf(runs, signal),
    ...{ runs, summary, warnings: plan.warnings },
  };
  writeSummary(plan, report, options);
  return report;
}

/** Its manifest says that it runs, also where it is killed before there is another one. */
function folderFor(plan: RunPlan, out: string | undefined): string {
  const begun = { ...wholeOf(plan), status: 'running' };
  if (out === undefined) return freshFolder(resolvePath('results', `${plan.name}-${stamp()}`), begun);
  const folder = resolvePath(out);
  newFolder(folder, begun);
  return folder;
}

const stamp = (): string => new Date().toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);

function statusOf(runs: readonly RunResult[], signal: AbortSignal): RunStatus {
  if (signal.aborted) return 'stopped';
  return runs.every(({ status }) => status === 'passed') ? 'passed' : 'failed';
}

async function runAll(
  plan: RunPlan,
  folder: string,
  options: RunOptions,
  signal: AbortSignal,
): Promise<RunResult[]> {
  const { stateDir, lab, keep = false, emit = () => undefined, onStep, onRun, jobs = 1 } = options;
  const { driver, sshConfig } = options;
  const waiting = [...plan.runs];
  const done: RunResult[] = [];
  const work = async (): Promise<void> => {
    for (let run = waiting.shift(); run && !signal.aborted; run = waiting.shift()) {
      const own = run;
      const where =
        plan.runs.length === 1 ? folder : join(folder, 'runs', String(run.index).padStart(4, '0'));
      const result = await runOne(plan, run, {
        ...{ folder: where, stateDir, driver, sshConfig, lab, keep, signal, emit },
        onStep: (step) => onStep?.(own, step),
      });
      done.push(result);
      onRun?.(result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, plan.runs.length) }, work));
  return done.sort((a, b) => a.index - b.index);
}

const summed = ({ values, status, measured, steps }: RunResult) => ({
  values,
  status,
  measured,
  outcomes: steps.flatMap(({ name, status: how, outcome = how, isOutcome }) =>
    isOutcome && how !== 'skipped' ? [{ step: name, outcome }] : [],
  ),
});

/** Of several runs also a manifest of them all. */
function writeSummary(plan: RunPlan, report: RunReport, { render }: RunOptions): void {
  const results = new Results(report.folder);
  results.text(join(report.folder, 'summary.csv'), summaryCsv(report.summary));
  for (const { path, text } of render?.(report) ?? []) results.text(join(report.folder, path), text);
  if (results.trouble) throw results.trouble;
  if (plan.runs.length === 1) {
    results.addFiles();
    return;
  }
  const runs = report.runs.map(({ index, values, repeat: turn, seed: own, status, duration }) => ({
    ...{ index, values, repeat: turn, seed: own, status, duration },
    folder: join('runs', String(index).padStart(4, '0')),
  }));
  const { status, summary } = report;
  results.manifest({ ...wholeOf(plan), status, runs, summary });
}

/** What is known of all runs before there is any. */
const wholeOf = ({ scenario, topology, seed, repeat, sweep, runs }: RunPlan) => ({
  schema: MANIFEST_SCHEMA,
  ...{ scenario, topology, seed, repeat, sweep },
  planned: runs.length,
});
