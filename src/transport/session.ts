/** A way to the machines of a running lab, all of them: what runs, what is probed and what is seen there. */
import type { Command, Output } from '../core/command.js';
import type { TestOutcome, TestRun } from '../core/probe.js';

export type Session = {
  /** Runs commands at the same time; the outputs are in their order. */
  readonly run: (commands: readonly Command[]) => Promise<readonly Output[]>;
  readonly test: (run: TestRun) => Promise<TestOutcome>;
  readonly close: () => Promise<void>;
};
