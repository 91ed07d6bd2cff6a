/**
 * labnet as a library: brings labs up, runs programs in their machines, checks how they behave, takes them down.
 * The command line uses nothing else. Large modules are loaded at the first call that needs them.
 */
import type { Contents } from './apply/bundle/contents.js';
import type { Replayed, ReplayOptions } from './apply/bundle/replay.js';
import type { Health } from './apply/doctor.js';
import type { GraphOptions } from './apply/graph.js';
import type { StateOptions } from './apply/labs.js';
import type { Matrix } from './apply/nat/matrix.js';
import type { MatrixOptions } from './apply/nat/punch.js';
import type { Planned, PlanUpOptions } from './apply/plan.js';
import type { RenderedFile, RenderOptions } from './apply/render.js';
import type { CheckedRun, MeshedRun } from './apply/report/collect.js';
import type { RunOptions, RunReport } from './apply/run/index.js';
import type { PlanOptions, RunPlan } from './apply/run/load.js';
import type { TopologyInput } from './apply/topology-file.js';
import type { Validated, ValidateOptions } from './apply/validate.js';
import type { Watching, WatchOptions } from './apply/watch/index.js';
import type { LinkPreset } from './link/presets.js';
import type { Lab as LabModel } from './model/lab.js';
import type { Preset } from './nat/behaviour.js';

export { Lab } from './apply/lab.js';
export { CODES } from './core/diagnostic.js';
export { LabnetError } from './core/errors.js';

// Errors and progress.
export type { Diagnostic, DiagnosticCode, Place, Severity } from './core/diagnostic.js';
export type { ExitCode } from './core/errors.js';
export type { Emit, Event } from './core/events.js';

// Topologies, and what is made from them.
export type { TopologyData } from './topology/schema.js';
export type { Checked } from './apply/topology-file.js';
export type { LabModel, Planned, PlanUpOptions, TopologyInput, Validated };
export type { PlannedChange } from './apply/planned.js';
export type { Reason } from './plan/diff.js';
export type { GraphFormat } from './render/graph/index.js';
export type { GraphOptions, RenderedFile, RenderOptions };

// Running labs.
export type { ExecOptions } from './apply/exec.js';
export type { DestroyOptions, LabSummary } from './apply/lab.js';
export type { UpOptions } from './apply/up.js';
export type { Drift } from './apply/plan.js';
export type { LabStatus, MachineStatus, NatStatus, RuleStatus } from './apply/status.js';
export type { Output } from './core/command.js';
export type { Dialogue, DialogueOutcome } from './core/dialogue.js';
export type { Piped } from './transport/piped.js';
export type { CaptureOptions, CaptureResult } from './apply/capture/index.js';
export type { LinkChange } from './apply/link/change.js';
export type { LinkLine } from './link/listed.js';
export type { ProbedNat, Trait } from './apply/nat/probe.js';
export type {
  TraceCause,
  TraceHop,
  TraceLeg,
  TraceProtocol,
  TraceRequest,
  TraceResult,
  TracedRule,
  Translation,
} from './apply/trace/result.js';
export type { StateOptions, Watching, WatchOptions };

// Results of checks and experiments.
export type { MeshReport } from './verify/mesh/run.js';
export type { Report, Verdict } from './verify/report.js';
export type { VerifyOptions } from './verify/run.js';
export type { CheckedRun, Contents, MeshedRun, Replayed, ReplayOptions };
export type { PlannedRun } from './apply/run/load.js';
export type { RunResult } from './apply/run/one.js';
export type { StepResult } from './apply/run/step-result.js';
export type { PlanOptions, RunOptions, RunPlan, RunReport };
export type { Health, LinkPreset, Matrix, MatrixOptions, Preset };

/** Finds every mistake in a topology, or in the file of a scenario. Without errors the result has the resolved lab. */
export async function validate(topology: TopologyInput, options: ValidateOptions = {}): Promise<Validated> {
  return (await import('./apply/validate.js')).validateInput(topology, options);
}

/**
 * Lists what `up` would change in the lab, with the reason of each change.
 * @throws LabnetError exit code 2 for mistakes in the topology, 1 where the running lab cannot be inspected
 */
export async function plan(topology: TopologyInput, options: PlanUpOptions = {}): Promise<Planned> {
  return (await import('./apply/plan.js')).planUp(topology, options);
}

/**
 * Writes what `up` would do as scripts and rules that a person can read and run.
 * @throws LabnetError driver-unknown; provision-failed where a script of the topology cannot be read
 */
export async function render(lab: LabModel, options: RenderOptions = {}): Promise<readonly RenderedFile[]> {
  return (await import('./apply/render.js')).render(lab, options);
}

/**
 * Draws a lab as SVG, DOT or Mermaid.
 * @param wanted a topology file, or the name of a running lab; default: the only file in the folder, or the only lab
 */
export async function drawGraph(
  wanted?: string,
  options: GraphOptions = {},
): Promise<{ readonly lab: LabModel; readonly text: string }> {
  return (await import('./apply/graph.js')).drawGraph(wanted, options);
}

/**
 * Serves a live page of a running lab on the loopback address, until it is closed or the lab ends.
 * @param wanted the lab's name or file; default: LABNET_LAB, or the only running lab
 * @throws LabnetError lab-not-found, lab-ambiguous, watch-port
 */
export async function watch(wanted?: string, options: WatchOptions = {}): Promise<Watching> {
  return (await import('./apply/watch/index.js')).watchLab(wanted, options);
}

/**
 * Writes the results of a run as an HTML page, JUnit XML, TAP and JSON.
 * @returns the names of the files
 */
export async function writeReport(folder: string, run: CheckedRun | MeshedRun): Promise<readonly string[]> {
  const { reportFiles } = await import('./report/files.js');
  const files = await reportFiles(run);
  await (await import('./transport/replace.js')).replaceFiles(folder, files);
  return files.map(({ name }) => name);
}

/** Writes a bundle of a run to a file: a gzipped tar with a manifest. */
export async function writeBundle(path: string, contents: Contents): Promise<void> {
  await (await import('./apply/bundle/write.js')).writeBundle(path, contents);
}

/**
 * Brings the lab of a bundle up again under another name, verifies it, compares the results, and takes it down.
 * @throws LabnetError bundle-refused, bundle-newer, and the errors of `Lab.up`
 */
export async function replay(path: string, options: ReplayOptions = {}): Promise<Replayed> {
  return (await import('./apply/bundle/replay.js')).replay(path, options);
}

/** The NAT presets by name, each with its behaviour and the source of it. */
export async function natPresets(): Promise<Readonly<Record<string, Preset>>> {
  return (await import('./nat/presets/index.js')).PRESETS;
}

/** The link presets by name, each with its values and the source of them. */
export async function linkPresets(): Promise<Readonly<Record<string, LinkPreset>>> {
  return (await import('./link/presets.js')).LINK_PRESETS;
}

/** Tries hole punching between two homes for every pair of NAT presets, in a temporary lab. */
export async function natMatrix(options: MatrixOptions = {}): Promise<Matrix> {
  return (await import('./apply/nat/punch.js')).natMatrix(options);
}

/**
 * Runs a scenario, each of its combinations in a lab of its own, and writes the results to a folder.
 * @param file a scenario, or a topology with a scenario in it (docs/scenarios.md)
 * @throws LabnetError exit code 2 for mistakes in the files; a run that fails is not thrown but reported
 */
export async function runScenario(file: string, options: RunOptions = {}): Promise<RunReport> {
  const { scenarioHtml } = await import('./report/scenario/page.js');
  const render: RunOptions['render'] = (report) => [{ path: 'report.html', text: scenarioHtml(report) }];
  return (await import('./apply/run/index.js')).runScenario(file, { render, ...options });
}

/** Lists the runs that `runScenario` would make, each with its values, seed and schedule. */
export async function planScenario(file: string, options: PlanOptions = {}): Promise<RunPlan> {
  return (await import('./apply/run/load.js')).planRuns(file, options);
}

/** Finds out what this computer can run, with a fix for what it cannot. */
export async function doctor(): Promise<Health> {
  return (await import('./apply/doctor.js')).doctor();
}

/** The JSON Schema (draft 2020-12) of topology files. */
export async function topologySchema(): Promise<object> {
  return (await import('./scenario/json-schema.js')).jsonSchema();
}

/** The JSON Schema (draft 2020-12) of scenarios in files of their own. */
export async function scenarioSchema(): Promise<object> {
  return (await import('./scenario/json-schema.js')).scenarioJsonSchema();
}
