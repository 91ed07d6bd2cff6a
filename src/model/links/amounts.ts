/** Translates the keys of one direction to the model. */
import type { Read } from '../../core/units.js';
import {
  percentText,
  readLength,
  readPercent,
  readRate,
  readSize,
  readTime,
  timeText,
} from '../../core/units.js';
import type { Chance, Impairment, Loss, Queue, Rate } from '../../link/impairment.js';
import { bytesIn, FRAME, limitFor, usualBurst, usualQueue } from '../../link/impairment.js';
import type { WrittenDirection } from '../../topology/link-schema.js';

/** Reports an error of a key. */
export type Say = (
  code: 'bad-amount' | 'delay-ambiguous' | 'link-unfit' | 'unknown-preset',
  message: string,
  key: readonly string[],
  fix: string,
) => void;

export type Amount = string | number;
export type Reader = { readonly say: Say };
type Key = readonly string[];

export function amount<T>(
  { say }: Reader,
  read: (written: Amount) => Read<T>,
  written: Amount,
  key: Key,
): T | undefined {
  // Unreadable values were removed and reported already.
  if ((written as Amount | undefined) === undefined) return undefined;
  const found = read(written);
  if ('value' in found) return found.value;
  say('bad-amount', `${key.join('.')}: ${found.problem}`, key, found.fix);
  return undefined;
}

const isAmount = (written: unknown): written is Amount =>
  typeof written === 'string' || typeof written === 'number';

/** Microseconds, one way. `isWhole`: for both directions together, where `rtt` is allowed. */
export function delayOf(
  reader: Reader,
  written: NonNullable<WrittenDirection['delay']>,
  isWhole: boolean,
): number | undefined {
  const key = ['delay'];
  if (isAmount(written)) {
    const half = readTime(written);
    const text = 'value' in half ? timeText(half.value) : '20ms';
    const both = isWhole ? `, or '{ rtt: ${text} }' for there and back` : '';
    const fix = `write 'delay: { one-way: ${text} }'${both}`;
    reader.say('delay-ambiguous', `'delay: ${written}' could be one way, or there and back`, key, fix);
    return undefined;
  }
  const { 'one-way': oneWay, rtt } = written;
  if ((oneWay === undefined) === (rtt === undefined)) {
    reader.say(
      'link-unfit',
      "a delay is either 'one-way' or 'rtt'",
      key,
      "write one of the two, such as '{ rtt: 40ms }'",
    );
    return undefined;
  }
  if (rtt !== undefined && !isWhole) {
    const fix = "write 'one-way' here, or 'rtt' beside 'up' and 'down'";
    reader.say(
      'link-unfit',
      "'rtt' is for both directions together, and cannot be set for one",
      [...key, 'rtt'],
      fix,
    );
    return undefined;
  }
  if (oneWay !== undefined) return amount(reader, readTime, oneWay, [...key, 'one-way']);
  const there = rtt === undefined ? undefined : amount(reader, readTime, rtt, [...key, 'rtt']);
  return there === undefined ? undefined : Math.round(there / 2);
}

export function jitterOf(
  reader: Reader,
  written: NonNullable<WrittenDirection['jitter']>,
): Impairment['jitter'] | undefined {
  const long = isAmount(written) ? { value: written } : written;
  const time = amount(reader, readTime, long.value, isAmount(written) ? ['jitter'] : ['jitter', 'value']);
  if (time === undefined) return undefined;
  const correlation = percentAt(reader, long.correlation, ['jitter', 'correlation']);
  return {
    time,
    distribution: long.distribution ?? 'uniform',
    ...(correlation !== undefined && { correlation }),
  };
}

const percentAt = (reader: Reader, written: Amount | undefined, key: Key): number | undefined =>
  written === undefined ? undefined : amount(reader, readPercent, written, key);

export function chanceOf(
  reader: Reader,
  key: string,
  written: Amount | { readonly random: Amount; readonly correlation?: Amount | undefined },
): Chance | undefined {
  const long = isAmount(written) ? { random: written } : written;
  const percent = amount(reader, readPercent, long.random, isAmount(written) ? [key] : [key, 'random']);
  if (percent === undefined) return undefined;
  const correlation = percentAt(reader, long.correlation, [key, 'correlation']);
  return { percent, ...(correlation !== undefined && { correlation }) };
}

type LongLoss = Exclude<NonNullable<WrittenDirection['loss']>, Amount>;

export function lossOf(reader: Reader, written: Amount | LongLoss): Loss | undefined {
  if (isAmount(written)) {
    const chance = chanceOf(reader, 'loss', written);
    return chance && { kind: 'random', ...chance };
  }
  const { random, correlation, mean, burst, p, r, '1-h': h, '1-k': k } = written;
  const ways = [random ?? correlation, mean ?? burst, p ?? r ?? h ?? k].filter((one) => one !== undefined);
  if (ways.length !== 1 || (correlation !== undefined && random === undefined)) {
    const fix = "write one of '0.1%', '{ random, correlation }', '{ mean, burst }' and '{ p, r, 1-h, 1-k }'";
    reader.say('link-unfit', "'loss' mixes several forms, or has none of them completely", ['loss'], fix);
    return undefined;
  }
  if (random !== undefined) {
    const chance = chanceOf(reader, 'loss', { random, correlation });
    return chance && { kind: 'random', ...chance };
  }
  return (mean ?? burst) ? burstsOf(reader, mean, burst) : gilbertOf(reader, written);
}

/** Two states, of which the bad one loses all packets and lasts for the mean length of a burst. */
function burstsOf(reader: Reader, written: Amount | undefined, burst: number | undefined): Loss | undefined {
  if (written === undefined || burst === undefined) {
    const fix = "write both, such as '{ mean: 1%, burst: 4 }'";
    reader.say('link-unfit', "bursts need a 'mean' and a 'burst'", ['loss'], fix);
    return undefined;
  }
  const mean = percentAt(reader, written, ['loss', 'mean']);
  if (mean === undefined) return undefined;
  const r = 100 / burst;
  const p = mean >= 100 ? Infinity : (mean * r) / (100 - mean);
  if (p <= 100) return { kind: 'gilbert-elliott', p, r, h: 100, k: 0 };
  const message = `${percentText(mean)} of all packets cannot be lost in bursts of ${burst}`;
  reader.say('link-unfit', message, ['loss'], 'make the bursts longer, or the mean smaller');
  return undefined;
}

function gilbertOf(reader: Reader, { p, r, '1-h': h = '100%', '1-k': k = '0%' }: LongLoss): Loss | undefined {
  if (p === undefined || r === undefined) {
    reader.say(
      'link-unfit',
      "Gilbert-Elliott needs 'p' and 'r'",
      ['loss'],
      "write both, such as '{ p: 1%, r: 30% }'",
    );
    return undefined;
  }
  const [one, two, three, four] = [
    percentAt(reader, p, ['loss', 'p']),
    percentAt(reader, r, ['loss', 'r']),
    percentAt(reader, h, ['loss', '1-h']),
    percentAt(reader, k, ['loss', '1-k']),
  ];
  if (one === undefined || two === undefined || three === undefined || four === undefined) return undefined;
  return { kind: 'gilbert-elliott', p: one, r: two, h: three, k: four };
}

export function rateOf(reader: Reader, written: WrittenDirection): Rate | undefined {
  const { rate, burst, queue } = written;
  if (rate === undefined) {
    const lonely = burst !== undefined ? 'burst' : queue !== undefined ? 'queue' : undefined;
    if (lonely !== undefined)
      reader.say('link-unfit', `'${lonely}' needs a 'rate'`, [lonely], "add a rate, such as 'rate: 20mbit'");
    return undefined;
  }
  const bits = amount(reader, readRate, rate, ['rate']);
  if (bits === undefined) return undefined;
  const bytes = burst === undefined ? usualBurst(bits) : amount(reader, readSize, burst, ['burst']);
  if (bytes !== undefined && bytes < FRAME) {
    const fix = `${FRAME}b or more, or leave it out`;
    reader.say('link-unfit', `a burst of ${bytes} bytes lets no whole frame through`, ['burst'], fix);
    return undefined;
  }
  const holds = queueOf(reader, bits, queue);
  return bytes === undefined || holds === undefined ? undefined : { bits, burst: bytes, queue: holds };
}

function queueOf(reader: Reader, bits: number, written: WrittenDirection['queue']): Queue | undefined {
  const long = written === undefined ? {} : isAmount(written) ? { length: written } : written;
  const kind = long.kind ?? 'drop-tail';
  if (long.length === undefined) return usualQueue(bits, kind);
  const key = isAmount(written) ? ['queue'] : ['queue', 'length'];
  const length = amount(reader, readLength, long.length, key);
  if (length === undefined) return undefined;
  if ('time' in length) return { kind, limit: limitFor(kind, { bytes: bytesIn(bits, length.time) }) };
  return { kind, limit: limitFor(kind, length) };
}
