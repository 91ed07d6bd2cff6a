/** A way to the machines of a running lab, all of them: what runs, what is probed and what is seen there. */
import type { Command, Output } from '../core/command.js';
import type { Dialogue, DialogueOutcome } from '../core/dialogue.js';
import type { MeshOutcome, MeshRun } from '../core/mesh.js';
import type { Sample, Watched } from '../core/sample.js';
import type { TestOutcome, TestRun } from '../core/probe.js';

export type Session = {
  /** Runs commands at the same time; the outputs are in their order. */
  readonly run: (commands: readonly Command[]) => Promise<readonly Output[]>;
  readonly test: (run: TestRun) => Promise<TestOutcome>;
  /** Holds dialogues at the same time, each bounded in time; the outcomes are in their order. */
  readonly converse: (dialogues: readonly Dialogue[]) => Promise<readonly DialogueOutcome[]>;
  /** Asks every pair of a mesh; left out where that is no faster than by probes. */
  readonly mesh?: (run: MeshRun) => Promise<MeshOutcome>;
  /**
   * Looks at counters and connections, now and each time it is asked again: what is new since the last look. Left out where
   * there is no way to.
   */
  readonly watch?: (watched: Watched) => Promise<() => Promise<Sample>>;
  readonly close: () => Promise<void>;
};
