/** The difference of two labs, step by step. */
import type { RuleTexts } from '../render/rules.js';
import type { Step } from './step.js';
import { stepText } from './step.js';

/** `file`: the topology was edited; `hand`: somebody changed the running lab. */
export type Reason = 'file' | 'hand';

export type Change = {
  readonly change: 'added' | 'removed' | 'changed';
  readonly step: Step;
  readonly text: string;
  /** If the machine itself reported it; otherwise it follows from the two labs. */
  readonly reason?: Reason;
};

/** @returns the changes from `before` to `after`; removals first */
export function diffSteps(before: readonly Step[], after: readonly Step[]): Change[] {
  const old = new Map(before.map((step) => [stepText(step), step]));
  const now = new Map(after.map((step) => [stepText(step), step]));
  const removed = [...old]
    .filter(([text]) => !now.has(text))
    .map(([text, step]): Change => ({ change: 'removed', step, text }));
  const rest = [...now].flatMap(([text, step]): Change[] => {
    const twin = old.get(text);
    if (!twin) return [{ change: 'added', step, text }];
    return sameStep(twin, step) ? [] : [{ change: 'changed', step, text }];
  });
  return [...removed, ...rest];
}

/** Rules are compared without comments, as moving a line in the file changes nothing. */
const sameStep = (a: Step, b: Step): boolean =>
  JSON.stringify(withoutComments(a)) === JSON.stringify(withoutComments(b));

const withoutIptablesComments = (text: string): string =>
  text.replace(/^#.*\n/gm, '').replace(/ -m comment --comment "[^"]*"/g, '');

/** Rules without their comments. */
export const uncommented = ({ v4, v6, nft }: RuleTexts): RuleTexts => ({
  v4: withoutIptablesComments(v4),
  v6: withoutIptablesComments(v6),
  nft: nft.replace(/^ *#.*\n/gm, '').replace(/ comment "[^"]*"/g, ''),
});

const withoutComments = (step: Step): Step =>
  step.do === 'rules' ? { ...step, texts: uncommented(step.texts) } : step;
