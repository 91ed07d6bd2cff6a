/** What came of one step. */
import { LabnetError, messageOf } from '../../core/errors.js';
import type { Step } from '../../scenario/step.js';
import type { Done } from './doing.js';

export type StepResult = {
  readonly id: string;
  readonly name: string;
  readonly text: string;
  /** `skipped`: the run was over before. */
  readonly status: 'pass' | 'fail' | 'error' | 'skipped';
  /** Whether it ended as it has to. */
  readonly isGood: boolean;
  readonly detail: string;
  readonly outcome?: string;
  /** Of a step with `within`: how often it was tried. */
  readonly tries?: number;
  /** Whether how it came out is of interest beside that it did. */
  readonly isOutcome: boolean;
  /** Milliseconds since the run began. */
  readonly planned?: number;
  readonly started?: number;
  readonly ended?: number;
  readonly line: number;
};

const OUTCOMES: readonly string[] = ['check', 'verify', 'punch', 'nat-probe'];

export const isOutcome = ({ action, expect }: Step): boolean =>
  OUTCOMES.includes(action.kind) ||
  expect === 'any' ||
  (action.kind === 'exec' && action.value['expect-exit'] === 'any');

/** Whether it ended as the file has it. */
export const good = ({ expect }: Step, { status }: Done): boolean =>
  status !== 'error' && (expect === 'any' || status === expect);

export const skipped = ({ id, name, text, line }: Step): StepResult => ({
  ...{ id, name, text, line },
  status: 'skipped',
  isGood: true,
  isOutcome: false,
  detail: 'the run was over',
});

/** What a user can cause fails the step; anything else is a mistake of labnet's own. */
export async function failed(work: () => Promise<Done>): Promise<Done> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof LabnetError)) throw error;
    return { status: 'error', detail: messageOf(error).split('\n')[0] ?? '' };
  }
}

/** To microseconds, of milliseconds. */
export const rounded = (time: number): number => Math.round(time * 1_000) / 1_000;
