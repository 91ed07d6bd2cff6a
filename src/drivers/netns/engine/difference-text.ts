/** Differences in words, each as a change of one thing. */
import type { MachinePlan } from '../../../plan/build.js';
import { stepsIn } from '../../../plan/build.js';
import type { Change } from '../../../plan/diff.js';
import type { MachineStep } from '../../../plan/step.js';
import { RULES_TEXT, stepText } from '../../../plan/step.js';
import type { Difference } from './difference.js';
import type { RulesFault } from './rules-check.js';
import type { ServiceFaults } from './services.js';

/** All of a machine that is not there. */
export const additions = (plan: MachinePlan): Change[] =>
  stepsIn(plan).map((step) => ({ change: 'added', step, text: stepText(step) }));

export function changesOf(found: Difference): Change[] {
  const { machine } = found;
  const about: MachineStep = { do: 'machine', machine, forwards: false, sysctls: {} };
  const gone = (text: string): Change => ({ change: 'removed', step: about, text: `${machine}: ${text}` });
  return [
    ...found.settings.map(({ key, value, was }): Change => ({
      change: 'changed',
      step: about,
      text: `${machine}: ${key} = ${value} (is ${was})`,
    })),
    ...found.extraLinks.map(({ name }) => gone(`interface ${name}`)),
    ...[...found.links, ...found.loose].map(({ step, was }): Change => ({
      change: was === 'missing' ? 'added' : 'changed',
      step,
      text: `${stepText(step)}${was === 'missing' ? '' : ` (${was})`}`,
    })),
    ...found.addresses.map((step): Change => ({ change: 'added', step, text: stepText(step) })),
    ...found.extraAddresses.map(({ address, length, on }) => gone(`address ${address}/${length} on ${on}`)),
    ...found.routes.map(({ step, was }): Change => ({
      change: was === 'missing' ? 'added' : 'changed',
      step,
      text: `${stepText(step)}${was === 'missing' ? '' : ` (is ${was})`}`,
    })),
    ...found.extraRoutes.map(({ to, via, on }) =>
      gone(
        `route to ${to.endsWith('/0') ? 'default' : to}${via === undefined ? '' : ` via ${via}`} on ${on}`,
      ),
    ),
    ...found.neighbours.map((step): Change => ({ change: 'added', step, text: stepText(step) })),
  ];
}

/** All that is done to a machine that is there. */
export function changesIn(
  plan: MachinePlan,
  difference: Difference,
  rules: RulesFault | undefined,
  { start, end }: ServiceFaults,
): Change[] {
  const step = plan.machine;
  const ended = end.filter((service) => !start.some((one) => one.service === service));
  return [
    ...changesOf(difference),
    ...(rules ? [{ change: 'changed', step, text: `${step.machine}: ${RULES_TEXT}` } as const] : []),
    ...start.map((one): Change => ({ change: 'added', step: one, text: stepText(one) })),
    ...ended.map((service): Change => ({ change: 'removed', step, text: `${step.machine}: ${service}` })),
  ];
}
