/** Changes with their reasons: the file was edited, or somebody changed the running lab by hand. */
import type { Lab, Machine } from '../model/lab.js';
import { viewOf } from '../model/view.js';
import { rulesOf } from '../nat/rules/index.js';
import { nftablesTitles } from '../render/nftables/index.js';
import { planLab, stepsIn } from '../plan/build.js';
import type { Step } from '../plan/step.js';
import type { Change, Reason } from '../plan/diff.js';
import { diffSteps } from '../plan/diff.js';
import { RULES_TEXT, stepText } from '../plan/step.js';

export type PlannedChange = {
  readonly change: Change['change'];
  /** Undefined for a segment. */
  readonly machine?: string;
  readonly text: string;
  readonly reason: Reason;
  /** For rules: the NAT mappings that differ, such as `+ forward: …`. */
  readonly details?: readonly string[];
};

export function withReasons(changes: readonly Change[], before: Lab, after: Lab): PlannedChange[] {
  if (changes.length === 0) return [];
  const named = new Set(changes.flatMap(({ step }) => ('machine' in step ? step.machine : [])));
  const written = diffSteps(stepsOf(before, named), stepsOf(after, named));
  const texts = new Set(written.map(({ text }) => text));
  const machines = new Set(written.flatMap(({ step }) => (step.do === 'machine' ? step.machine : [])));
  const isWritten = ({ step, text }: Change): boolean =>
    texts.has(text) || texts.has(stepText(step)) || (step.do === 'machine' && machines.has(step.machine));
  return changes.map((change): PlannedChange => {
    const reason = change.reason ?? (isWritten(change) || texts.has(rulesTextOf(change)) ? 'file' : 'hand');
    const { step, text } = change;
    const details =
      reason === 'file' && text === rulesTextOf(change) ? mappingChanges(step, before, after) : [];
    return {
      change: change.change,
      ...('machine' in step && { machine: step.machine }),
      text,
      reason,
      ...(details.length > 0 && { details }),
    };
  });
}

/** Only of these machines, as a large lab has many. */
const stepsOf = (lab: Lab, machines: ReadonlySet<string>): Step[] => {
  const { segments, some } = planLab(lab);
  return [...segments, ...[...some(machines)].flatMap(stepsIn)];
};

const rulesTextOf = ({ step }: Change): string => ('machine' in step ? `${step.machine}: ${RULES_TEXT}` : '');

/** The NAT mappings that a router gains and loses, by the titles of their rules. */
function mappingChanges(step: Change['step'], before: Lab, after: Lab): string[] {
  if (!('machine' in step)) return [];
  const titles = (lab: Lab): Set<string> => titlesOf(viewOf(lab).machines.get(step.machine));
  const [old, now] = [titles(before), titles(after)];
  return [
    ...[...old].filter((title) => !now.has(title)).map((title) => `- ${title}`),
    ...[...now].filter((title) => !old.has(title)).map((title) => `+ ${title}`),
  ];
}

const titlesOf = (machine: Machine | undefined): Set<string> =>
  new Set(
    machine === undefined
      ? []
      : ([4, 6] as const).flatMap((family) => [
          ...rulesOf(machine, family).map(({ title }) => title),
          ...nftablesTitles(machine, family, '').map(({ title }) => title),
        ]),
  );
