/** The turns of a step: the time and the values of each. */
import type { Milliseconds } from '../core/command.js';
import type { DiagnosticCode } from '../core/diagnostic.js';
import type { Path } from '../topology/source.js';
import type { Value, Values } from '../topology/values.js';
import { chance } from '../core/random.js';
import { agrees } from './agrees.js';
import { rampValues, readQuantity } from './ramp.js';
import type { WrittenTiming } from './schema.js';
import { LIMITS } from './schema.js';
import type { Start } from './step.js';
import { readTime, timeText } from './time.js';

export type Turn = { readonly start: Start; readonly values: Values };

/** Reports a mistake in a key of the step. */
export type Say = (code: DiagnosticCode, message: string, path: Path, fix: string) => void;

const RAMP_STEPS = 10;

/** @returns undefined, and reports it, if it is not a time, is negative, or is longer than a run may be */
export function timeOf(written: string | number, path: Path, say: Say): Milliseconds | undefined {
  const time = readTime(written);
  if (time === undefined)
    say('bad-time', `'${written}' is not a time`, path, 'write 250ms, 10s, 5m, 1h or a number of seconds');
  else if (time < 0) say('bad-time', `${timeText(time)} is negative`, path, 'write a time of 0s or more');
  else if (time > LIMITS.duration)
    say(
      'too-much',
      `${timeText(time)} is longer than a run may last`,
      path,
      `at most ${timeText(LIMITS.duration)}`,
    );
  else return time;
  return undefined;
}

/**
 * @param previous the step above, which one that says no time comes after
 * @param seed with `salt`, the step's place in the timeline, it makes the choices
 */
export function turnsOf(
  timing: WrittenTiming,
  { previous, seed, salt, say }: { previous: string | undefined; seed: number; salt: number; say: Say },
): Turn[] | undefined {
  if (!agrees(timing, say)) return undefined;
  const read = (key: 'at' | 'delay' | 'jitter'): number | undefined => {
    const written = timing[key];
    return written === undefined ? 0 : timeOf(written, [key], say);
  };
  const [at, delay, jitter] = [read('at'), read('delay'), read('jitter')];
  const offsets = timing.ramp ? rampOffsets(timing.ramp, say) : everyOffsets(timing, at ?? 0, say);
  if (at === undefined || delay === undefined || jitter === undefined || !offsets) return undefined;
  const after = timing.after ?? (timing.at === undefined ? previous : undefined);
  return offsets.map(({ offset, values }, turn) => {
    const late = Math.floor(chance(seed, salt, turn, 'jitter') * jitter);
    const start: Start =
      after === undefined ? { at: at + delay + offset + late } : { after, delay: delay + offset + late };
    return { start, values: { ...values, ...chosen(timing, seed, salt, turn) } };
  });
}

type Offset = { readonly offset: Milliseconds; readonly values: Values };

/** `until` is a time of the run, as `at` is; for a step that comes after another it counts from the end of that one. */
function everyOffsets(
  { every, times, until }: WrittenTiming,
  at: Milliseconds,
  say: Say,
): Offset[] | undefined {
  if (every === undefined) return [{ offset: 0, values: {} }];
  const between = timeOf(every, ['every'], say);
  const last = until === undefined ? Infinity : timeOf(until, ['until'], say);
  if (between === undefined || last === undefined) return undefined;
  if (between === 0) {
    say(
      'bad-time',
      "'every: 0s' would repeat the step without end",
      ['every'],
      'write a time of 1ms or more',
    );
    return undefined;
  }
  if (last < at) {
    say(
      'bad-time',
      `'until' is before the first turn at ${timeText(at)}`,
      ['until'],
      `write a time from ${timeText(at)} on`,
    );
    return undefined;
  }
  const count = Math.min(times ?? Infinity, Math.floor((last - at) / between) + 1);
  if (count > LIMITS.steps || count * between > LIMITS.duration) {
    say(
      'too-much',
      `'every' makes more than ${LIMITS.steps} turns, or goes on for more than a day`,
      ['every'],
      "a longer time, or fewer 'times'",
    );
    return undefined;
  }
  return Array.from({ length: count }, (_, turn) => ({ offset: turn * between, values: {} }));
}

function rampOffsets(
  { from, to, over, steps = RAMP_STEPS }: NonNullable<WrittenTiming['ramp']>,
  say: Say,
): Offset[] | undefined {
  const [first, last] = [readQuantity(from), readQuantity(to)];
  for (const [key, written, quantity] of [
    ['from', from, first],
    ['to', to, last],
  ] as const)
    if (!quantity)
      say(
        'bad-ramp',
        `'${written}' is no number`,
        ['ramp', key],
        'write a number with or without a unit, such as 20ms',
      );
  const length = timeOf(over, ['ramp', 'over'], say);
  if (!first || !last || length === undefined) return undefined;
  if (first.unit !== last.unit) {
    say(
      'bad-ramp',
      `from '${from}' to '${to}': they have different units`,
      ['ramp', first.unit === '' ? 'from' : 'to'],
      `give both the same unit, such as ${first.unit === '' ? `'from: ${first.number}${last.unit}'` : `'to: ${last.number}${first.unit}'`}`,
    );
    return undefined;
  }
  return rampValues(first, last, steps).map((value, index) => ({
    offset: Math.round((length * index) / (steps - 1)),
    values: { ramp: value },
  }));
}

const chosen = ({ choose = {} }: WrittenTiming, seed: number, salt: number, turn: number): Values =>
  Object.fromEntries(
    Object.entries(choose).map(([name, options]): [string, Value] => [
      name,
      options[Math.floor(chance(seed, salt, turn, name) * options.length)] ?? '',
    ]),
  );
