/** What steps say of links and NATs, in the words of those who change them while a lab runs. */
import type { Action } from '../../scenario/actions/index.js';
import { isValue } from '../../topology/values.js';
import type { LinkChange } from '../link/change.js';

type Tree = Readonly<Record<string, unknown>>;

/** `{ up: { loss: 1% } }` to `up.loss=1%`. */
export const settingsOf = (written: Tree, prefix = ''): string[] =>
  Object.entries(written).flatMap(([key, value]) => {
    const path = `${prefix}${key}`;
    if (typeof value === 'object' && value !== null) return settingsOf(value as Tree, `${path}.`);
    return isValue(value) ? [`${path}=${value}`] : [];
  });

/** @returns undefined for what is no change of links */
export function linkChangeOf(action: Action): LinkChange | undefined {
  switch (action.kind) {
    case 'link-set': {
      const { at, ...written } = action.value;
      return { do: 'set', places: [at].flat(), settings: settingsOf(written) };
    }
    case 'link-down':
      return { do: 'down', places: [action.value].flat() };
    case 'link-up':
      return { do: 'up', places: [action.value].flat() };
    case 'link-reset':
      return action.value === 'all' ? { do: 'reset' } : { do: 'reset', places: [action.value].flat() };
    case 'partition':
      return { do: 'partition', groups: action.value };
    case 'heal':
      return { do: 'heal' };
    default:
      return undefined;
  }
}
