/** A connection to all machines of a running lab: for commands, probes and captures. */
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
  /**
   * How often this computer's kernel has had no room for a neighbour, of this lab or of another (arp(7), gc_thresh3); undefined
   * where it does not say, as in a container.
   */
  readonly refusedNeighbours?: () => number | undefined;
  /** Asks every pair of a mesh; undefined where that would be no faster than probes. */
  readonly mesh?: (run: MeshRun) => Promise<MeshOutcome>;
  /**
   * Starts to observe counters and connections. Each call of the result returns what is new since the last call. Undefined
   * where the driver cannot do this.
   */
  readonly watch?: (watched: Watched) => Promise<() => Promise<Sample>>;
  readonly close: () => Promise<void>;
};
