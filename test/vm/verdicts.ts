/** What `labnet verify` says, as far as it is the same on every driver. */
import type { Result } from '../helpers/cli.js';

export type Verdict = {
  readonly id: string;
  readonly kind: string;
  readonly status: string;
  readonly expectation: string;
};

export const verdictsOf = ({ stdout }: Pick<Result, 'stdout'>): Verdict[] =>
  (JSON.parse(stdout) as { verdicts: Verdict[] }).verdicts.map(({ id, kind, status, expectation }) => ({
    id,
    kind,
    status,
    expectation,
  }));
