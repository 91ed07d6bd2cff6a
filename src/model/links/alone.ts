/** What is set of a link while its lab runs, judged as if a file said it: what is wrong with it whatever the link is by then. */
import type { LongLink } from '../../topology/link-schema.js';
import type { Say } from './amounts.js';
import { readLink } from './read.js';

/** In place of a value: that there is none. */
export const NONE = 'none';

/** Only some of its keys are set; the others may be there already, and are taken to suit. */
const SUITABLE = { delay: { 'one-way': '3600s' }, rate: '1gbit' } as const;

/** Complains of the keys of a written link, of each once. */
export function judgeAlone(written: LongLink, say: Say): void {
  const said = new Set<string>();
  const once: Say = (code, message, key, fix) => {
    const id = JSON.stringify([message, key]);
    if (!said.has(id)) say(code, message, key, fix);
    said.add(id);
  };
  // A preset says all of it by itself, and nothing is taken away.
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
