/** Checks settings of a link without knowing the link: errors that they have in any case. */
import type { LongLink } from '../../topology/link-schema.js';
import type { Say } from './amounts.js';
import { readLink } from './read.js';

/** The value that removes a setting. */
export const NONE = 'none';

/** Keys that are not set may already be in the link, and are assumed to fit. */
const SUITABLE = { delay: { 'one-way': '3600s' }, rate: '1gbit' } as const;

/** Reports errors of keys, each once. */
export function judgeAlone(written: LongLink, say: Say): void {
  const said = new Set<string>();
  const once: Say = (code, message, key, fix) => {
    const id = JSON.stringify([message, key]);
    if (!said.has(id)) say(code, message, key, fix);
    said.add(id);
  };
  // With a preset the link is complete, and can be checked like one in a file.
  readLink({ say: once }, written.preset === undefined ? suited(written) : written, 'attachment');
}

const suited = ({ up, down, ...both }: LongLink): LongLink => ({
  ...SUITABLE,
  ...withoutNone(both),
  ...(up && { up: withoutNone(up) }),
  ...(down && { down: withoutNone(down) }),
});

const withoutNone = <Keys extends object>(keys: Keys): Keys =>
  Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== NONE)) as Keys;
