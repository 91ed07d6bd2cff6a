/** What the engine is asked to do, and what it says: messages between it and the process that started it. */
import type { Command, Output } from '../../../core/command.js';
import type { Dialogue, DialogueOutcome } from '../../../core/dialogue.js';
import type { Diagnostic } from '../../../core/diagnostic.js';
import type { MeshOutcome, MeshShare } from '../../../core/mesh.js';
import type { TestOutcome, TestRun } from '../../../core/probe.js';
import type { Sample, Watched } from '../../../core/sample.js';
import type { Spent } from '../../../core/phases.js';
import type { Change } from '../../../plan/diff.js';
import type { MachinePlan, Outline } from '../../../plan/build.js';
import type { SegmentStep } from '../../../plan/step.js';
import type { Supply } from './namespaces/spare.js';
import type { ProcessId } from '../../../sys/process.js';

export type Beginning = {
  /** The folder of the lab's record, by which its holder is found if the record is lost. */
  readonly label: string;
  readonly segments: readonly SegmentStep[];
  readonly sysctls: readonly string[];
  /** Network namespaces that are made ahead; none where this engine has them made itself. */
  readonly supply?: Supply | undefined;
};

/** Machines, and segments by their bridges. */
export type Parts = { readonly machines: readonly string[]; readonly bridges: readonly string[] };

/** A running lab; with the mark of a change for what that starts. */
type Entered = { readonly holder: ProcessId; readonly mark?: string | undefined };

/** Each operation with its argument and its result. */
export type Operations = {
  /** Makes so many network namespaces ahead, for the lab that comes. */
  expect: { argument: number; result: null };
  /** Begins a lab, with the process that holds it; it lives on only once `commit` was called. */
  create: { argument: Beginning; result: { readonly holder: ProcessId } };
  add: { argument: readonly MachinePlan[]; result: null };
  /** Waits for what is still being done. */
  finish: { argument: null; result: null };
  commit: { argument: null; result: null };
  /** Enters a running lab. */
  attach: { argument: Entered; result: null };
  /** Enters a running lab to make it another one in place. */
  open: { argument: Entered; result: null };
  /** Those of the machines that are not what they are to be, or may not be. */
  glance: { argument: readonly Outline[]; result: readonly string[] };
  /** What `adjust` would do to these machines. */
  inspect: { argument: readonly MachinePlan[]; result: readonly Change[] };
  /** Makes segments that are missing. */
  extend: { argument: readonly SegmentStep[]; result: readonly Change[] };
  /** Makes machines what they are to be. */
  adjust: { argument: readonly MachinePlan[]; result: readonly Change[] };
  /** Ends machines, and takes away segments. */
  drop: { argument: Parts; result: null };
  /** What there is, whole or half. */
  list: { argument: null; result: Parts };
  run: { argument: readonly Command[]; result: readonly Output[] };
  /** Captures at the machines, opens the listeners, sends the probes, and ends it all. */
  test: { argument: TestRun; result: TestOutcome };
  /** Asks every pair of its share. */
  mesh: { argument: MeshShare; result: MeshOutcome };
  /** Opens what `sample` looks at, in place of what was watched before. */
  watch: { argument: Watched; result: null };
  /** What is new since the last sample; all of it the first time. */
  sample: { argument: null; result: Sample };
  converse: { argument: readonly Dialogue[]; result: readonly DialogueOutcome[] };
  /** Ends every child process, a holder that was not committed included. */
  stop: { argument: null; result: null };
};

export type Operation = keyof Operations;
export type Argument<Op extends Operation> = Operations[Op]['argument'];
export type Result<Op extends Operation> = Operations[Op]['result'];

export type Request = {
  [Op in Operation]: { readonly id: number; readonly op: Op; readonly argument: Argument<Op> };
}[Operation];

export type Failure = {
  readonly diagnostics?: readonly Diagnostic[];
  readonly message: string;
  readonly stack?: string;
};

export type Reply =
  /** `spent`: what the engine's time went to since the reply before. */
  | { readonly id: number; readonly result: unknown; readonly spent?: Spent }
  | { readonly id: number; readonly failure: Failure };
