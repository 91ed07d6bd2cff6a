/** Translates a written link to its effects in both directions. */
import { didYouMean } from '../../core/suggest.js';
import { timeText } from '../../core/units.js';
import type { Direction, Impairment, Link } from '../../link/impairment.js';
import type { LinkPreset } from '../../link/presets.js';
import { LINK_PRESETS } from '../../link/presets.js';
import type { LongLink, WrittenDirection, WrittenLink } from '../../topology/link-schema.js';
import type { Reader, Say } from './amounts.js';
import { chanceOf, delayOf, jitterOf, lossOf, rateOf } from './amounts.js';

/** The link of a segment is between any two machines on it; that of an attachment is between the machine and the segment. */
export type Where = 'segment' | 'attachment';

/** @returns undefined where an error was reported */
export function readLink({ say }: Reader, written: WrittenLink, where: Where): Link | undefined {
  let problems = 0;
  const heard: Say = (code, message, key, fix) => {
    problems++;
    say(code, message, key, fix);
  };
  const long: LongLink = typeof written === 'string' ? { preset: written } : written;
  const preset = long.preset === undefined ? undefined : presetNamed(heard, long.preset);
  if (where === 'segment') refuseDirections(heard, long, preset);
  const up = directionOf(heard, long, preset, 'up');
  const down = where === 'segment' ? undefined : directionOf(heard, long, preset, 'down');
  if (problems > 0) return undefined;
  return {
    ...(up && Object.keys(up).length > 0 && { up }),
    ...(down && Object.keys(down).length > 0 && { down }),
    ...(long.mtu !== undefined && { mtu: long.mtu }),
  };
}

function presetNamed(say: Say, name: string): LinkPreset | undefined {
  if (Object.hasOwn(LINK_PRESETS, name)) return LINK_PRESETS[name];
  const fix = didYouMean(name, Object.keys(LINK_PRESETS), 'presets');
  say('unknown-preset', `there is no link preset '${name.slice(0, 40)}'`, ['preset'], fix);
  return undefined;
}

/** A segment has no `up` and `down`, as its link is the same between all machines. */
function refuseDirections(say: Say, { up, down }: LongLink, preset: LinkPreset | undefined): void {
  const fix = "write it at the machine: 'SEGMENT: { address: …, link: … }'";
  const key = up ? 'up' : down ? 'down' : undefined;
  if (key !== undefined)
    say(
      'link-unfit',
      `a segment has no '${key}': its link is the same from every machine to every other`,
      [key],
      fix,
    );
  if (preset && !preset.isSymmetric)
    say(
      'link-unfit',
      "this preset is a machine's access, and not the same in both directions",
      ['preset'],
      fix,
    );
}

function directionOf(
  say: Say,
  long: LongLink,
  preset: LinkPreset | undefined,
  direction: Direction,
): Impairment | undefined {
  const { [direction]: own = {} } = long;
  const both = bothOf(long);
  const merged: WrittenDirection = { ...preset?.both, ...preset?.[direction], ...both, ...own };
  const isOwn = (key: string | undefined): boolean => key !== undefined && Object.hasOwn(own, key);
  const reader: Reader = {
    say: (code, message, key, fix) => say(code, message, isOwn(key[0]) ? [direction, ...key] : key, fix),
  };
  return impairmentOf(reader, merged, !isOwn('delay'));
}

/** The keys for both directions. */
const bothOf = (long: LongLink): WrittenDirection =>
  Object.fromEntries(Object.entries(long).filter(([key]) => !ELSEWHERE.includes(key)));
const ELSEWHERE = ['up', 'down', 'mtu', 'preset'];

function impairmentOf(reader: Reader, written: WrittenDirection, isWhole: boolean): Impairment {
  const { delay, jitter, loss, reorder, duplicate, corrupt, seed } = written;
  const rate = rateOf(reader, written);
  const impairment: Impairment = {
    ...defined('delay', delay === undefined ? undefined : delayOf(reader, delay, isWhole)),
    ...defined('jitter', jitter === undefined ? undefined : jitterOf(reader, jitter)),
    ...defined('loss', loss === undefined ? undefined : lossOf(reader, loss)),
    ...defined('rate', rate),
    ...defined('reorder', reorder === undefined ? undefined : reorderOf(reader, reorder)),
    ...defined('duplicate', duplicate === undefined ? undefined : chanceOf(reader, 'duplicate', duplicate)),
    ...defined('corrupt', corrupt === undefined ? undefined : chanceOf(reader, 'corrupt', corrupt)),
    ...defined('seed', seed),
  };
  refuseUnfit(reader, written, impairment);
  return withoutNothing(impairment);
}

/** Leaves out settings without effect (`loss: 0%`), which need nothing of the kernel. */
const withoutNothing = ({ delay, loss, reorder, duplicate, corrupt, ...rest }: Impairment): Impairment => ({
  ...rest,
  ...defined('delay', delay === 0 && !rest.jitter ? undefined : delay),
  ...defined('loss', loss?.kind === 'random' ? some(loss) : loss),
  ...defined('reorder', some(reorder)),
  ...defined('duplicate', some(duplicate)),
  ...defined('corrupt', some(corrupt)),
});

const some = <Chance extends { readonly percent: number }>(chance: Chance | undefined): Chance | undefined =>
  chance && chance.percent > 0 ? chance : undefined;

const defined = <Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): Partial<Record<Key, Value>> => (value === undefined ? {} : ({ [key]: value } as Record<Key, Value>));

function reorderOf(
  reader: Reader,
  written: NonNullable<WrittenDirection['reorder']>,
): Impairment['reorder'] | undefined {
  const chance = chanceOf(reader, 'reorder', written);
  const gap = typeof written === 'object' ? written.gap : undefined;
  return chance && { ...chance, ...(gap !== undefined && { gap }) };
}

function refuseUnfit({ say }: Reader, written: WrittenDirection, { delay, jitter }: Impairment): void {
  const needs = (key: 'jitter' | 'reorder'): void =>
    say('link-unfit', `'${key}' needs a 'delay'`, [key], "add one, such as 'delay: { one-way: 20ms }'");
  if (written.delay === undefined && written.jitter !== undefined) needs('jitter');
  if (written.delay === undefined && written.reorder !== undefined) needs('reorder');
  if (delay === undefined || !jitter || jitter.time <= delay) return;
  const message = `a jitter of ${timeText(jitter.time)} is more than the delay of ${timeText(delay)}, one way`;
  say('link-unfit', message, ['jitter'], `${timeText(delay)} at most: no packet arrives before it is sent`);
}
