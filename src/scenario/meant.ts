/** What somebody likely meant who wrote a name that is none. */
import { didYouMean, nearest } from '../core/suggest.js';
import type { Lab, Machine } from '../model/lab.js';
import { ACTION_NAMES } from './actions/index.js';

/** Of `link` all that begins with it; otherwise the nearest, or what there is. */
export function actionMeant(key: string, timing: readonly string[]): string {
  const longer = ACTION_NAMES.filter((name) => name.startsWith(`${key}-`));
  if (longer.length > 0) return `actions: ${longer.join(', ')}`;
  const near = nearest(key, [...ACTION_NAMES, ...timing]);
  return near === undefined
    ? `actions: ${ACTION_NAMES.join(', ')}; when: ${timing.join(', ')}`
    : `did you mean '${near}'?`;
}

/** @returns undefined where there is none, which is said */
export function machineNamed(
  lab: Lab,
  name: string,
  say: (message: string, fix: string) => void,
): Machine | undefined {
  const found = lab.machines.find((machine) => machine.name === name);
  if (!found)
    say(
      `there is no machine '${name}'`,
      didYouMean(
        name,
        lab.machines.map((machine) => machine.name),
        'machines',
      ),
    );
  return found;
}
