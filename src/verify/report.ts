/** The results of verify, as data. */

export type Verdict = {
  readonly id: string;
  readonly kind: string;
  readonly status: 'pass' | 'fail' | 'error';
  readonly expectation: string;
  readonly observed: string;
  /** The most likely cause of a failure. */
  readonly cause?: string;
  readonly evidence: readonly string[];
  /** The line of the topology. */
  readonly line?: number;
};

export type Report = {
  readonly lab: string;
  /** Milliseconds. */
  readonly duration: number;
  readonly passed: number;
  readonly failed: number;
  readonly verdicts: readonly Verdict[];
};
