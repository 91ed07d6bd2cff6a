/** One run of a scenario: a lab of its own, the timeline, and a folder with all that came of it. */
import { randomBytes } from 'node:crypto';
import { release } from 'node:os';
import type { Diagnostic } from '../../core/diagnostic.js';
import { LabnetError } from '../../core/errors.js';
import type { Emit } from '../../core/events.js';
import type { Step } from '../../scenario/step.js';
import type { Values } from '../../topology/values.js';
import { readVersion } from '../../transport/assets.js';
import { Lab } from '../lab.js';
import type { Measured } from './doing.js';
import type { PlannedRun, RunPlan } from './load.js';
import { Results } from './results.js';
import type { StepResult } from './step-result.js';
import type { TimelineResult } from './timeline.js';
import { Timeline } from './timeline.js';

export const MANIFEST_SCHEMA = 'labnet.manifest/1';

export type RunStatus = 'passed' | 'failed' | 'stopped';

export type RunResult = {
  readonly index: number;
  readonly values: Values;
  readonly repeat: number;
  readonly seed: number;
  readonly status: RunStatus;
  /** The name that its lab had, or has. */
  readonly lab: string;
  /** Absolute. */
  readonly folder: string;
  readonly steps: readonly StepResult[];
  readonly measured: Readonly<Record<string, Measured>>;
  /** Milliseconds, without bringing the lab up and down. */
  readonly duration: number;
  /** Why there was no lab, or no end of it. */
  readonly problems: readonly Diagnostic[];
};

export type OneOptions = {
  readonly folder: string;
  readonly stateDir?: string | undefined;
  readonly driver?: string | undefined;
  readonly sshConfig?: string | undefined;
  /** A lab that runs, to be used and left as it is; default: one of its own. */
  readonly lab?: string | undefined;
  /** Leaves its own lab running. */
  readonly keep: boolean;
  readonly signal: AbortSignal;
  readonly emit: Emit;
  readonly onStep: (result: StepResult) => void;
};

const NOTHING: TimelineResult = { steps: [], measured: {}, verdicts: [], duration: 0 };

export async function runOne(plan: RunPlan, run: PlannedRun, options: OneOptions): Promise<RunResult> {
  const { folder, signal } = options;
  const results = new Results(folder);
  const name = options.lab ?? nameOf(plan, run);
  const head = headOf(plan, run, name);
  const problems: Diagnostic[] = [];
  let found = NOTHING;
  await noting(problems, async () => {
    results.json('manifest.json', { ...head, status: 'running' });
    await inLab(plan, run, name, results, { ...options, onFound: (all) => (found = all) });
  });
  if (problems.length > 0) results.event({ event: 'error', problems });
  problems.push(...(results.trouble?.diagnostics ?? []));
  const status = (): RunStatus => statusOf(found, problems, signal);
  const { steps, measured, verdicts } = found;
  const duration = Math.round(found.duration);
  await noting(problems, () => {
    if (verdicts.length > 0) results.json('verdicts.json', verdicts);
    const ended = new Date().toISOString();
    results.manifest({ ...head, ended, duration, status: status(), problems, steps });
  });
  const { index, values, repeat, seed } = run;
  return {
    ...{ index, values, repeat, seed, status: status(), lab: name },
    ...{ folder, steps, measured, duration, problems },
  };
}

/** What a user can cause ends a run, and is told with its results; other runs go on. */
async function noting(problems: Diagnostic[], work: () => void | Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof LabnetError)) throw error;
    problems.push(...error.diagnostics);
  }
}

/** Stopped halfway is not failed. */
function statusOf(
  { steps }: TimelineResult,
  problems: readonly Diagnostic[],
  { aborted }: AbortSignal,
): RunStatus {
  if (aborted) return 'stopped';
  return problems.length === 0 && steps.every(({ isGood }) => isGood) ? 'passed' : 'failed';
}

/** Unique: nobody else has a lab of that name. */
const nameOf = ({ lab }: RunPlan, { index }: PlannedRun): string =>
  `${lab.slice(0, 18).replace(/-+$/, '')}-${randomBytes(3).toString('hex')}-${index}`;

const headOf = (plan: RunPlan, { index, values, repeat, seed, schedule }: PlannedRun, lab: string) => ({
  schema: MANIFEST_SCHEMA,
  scenario: plan.scenario,
  topology: plan.topology,
  versions: { labnet: readVersion(), node: process.version, kernel: release() },
  ...{ run: index, values, repeat, seed, lab },
  started: new Date().toISOString(),
  schedule: schedule.steps.map(shown),
});

const shown = ({ id, start, text, expect, within, action, line }: Step) => ({
  id,
  start,
  text,
  expect,
  ...(within !== undefined && { within }),
  action,
  line,
});

async function inLab(
  plan: RunPlan,
  run: PlannedRun,
  name: string,
  results: Results,
  options: OneOptions & { readonly onFound: (found: TimelineResult) => void },
): Promise<void> {
  const { stateDir, driver, sshConfig, lab: wanted, keep, signal, emit, onStep, onFound } = options;
  const values = { ...run.values, seed: run.seed };
  const own = { name, values, stateDir, driver, sshConfig, signal, emit, onFailure: 'remove' } as const;
  const lab =
    wanted === undefined ? await Lab.up(plan.topology.path, own) : await Lab.open(wanted, { stateDir });
  try {
    onFound(await new Timeline(lab, run.schedule, results, { signal, onStep }).run());
  } finally {
    if (keep || wanted !== undefined) await lab.close();
    else await lab.down();
  }
}
