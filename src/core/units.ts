/** Amounts as people write them: `20ms`, `100mbit`, `0.1%`, `64kB`. Each is read to a plain number, or to an error text. */

export type Read<T> = { readonly value: T } | { readonly problem: string; readonly fix: string };

type Units = Readonly<Record<string, number>>;

/** YAML reads `20` as a number, and `20ms` as text. */
export type Written = string | number;

const AMOUNT = /^\s*(\d{1,15}(?:\.\d{1,9})?|\.\d{1,9})\s*([A-Za-z%/]{0,10})\s*$/;

const TIMES: Units = { us: 1, ms: 1e3, s: 1e6 };
/** The units of tc(8) and of providers; not `bps`, which means bits to most people and bytes to tc. */
const RATES: Units = {
  bit: 1,
  kbit: 1e3,
  mbit: 1e6,
  gbit: 1e9,
  'bit/s': 1,
  'kbit/s': 1e3,
  'mbit/s': 1e6,
  'gbit/s': 1e9,
};
const SIZES: Units = { b: 1, kb: 1e3, mb: 1e6, kib: 1024, mib: 1024 * 1024 };
const COUNTS: Units = { packet: 1, packets: 1, p: 1 };

/** Microseconds, whole ones; an hour at most. */
export function readTime(written: Written): Read<number> {
  return whole(measure(written, TIMES, 'a time such as 20ms, 500us or 1.5s'), 3_600e6, 'an hour');
}

/** Whole bits a second. At least 1 kbit/s: below that no check would end in time. */
export function readRate(written: Written): Read<number> {
  const example = 'a rate such as 20mbit, 512kbit or 1gbit';
  if (/bps\s*$/i.test(`${written}`))
    return {
      problem: `'${shown(written)}' does not say whether it is bits or bytes`,
      fix: `write bits: ${example}`,
    };
  const read = whole(measure(written, RATES, example), 100e9, '100gbit');
  if ('value' in read && read.value < 1_000)
    return { problem: `'${shown(written)}' is less than 1kbit`, fix: `expected ${example}` };
  return read;
}

/** Bytes, whole ones; a gigabyte at most. */
export function readSize(written: Written): Read<number> {
  return whole(measure(written, SIZES, 'a size such as 64kB, 1500b or 1MiB'), 1e9, '1000MB');
}

/** Percent, 0 to 100. */
export function readPercent(written: Written): Read<number> {
  const read = measure(written, { '%': 1 }, 'a share such as 0.1% or 5%');
  if ('value' in read && read.value > 100)
    return { problem: `'${shown(written)}' is more than 100%`, fix: 'expected a share such as 0.1% or 5%' };
  return read;
}

export type Length = { readonly packets: number } | { readonly bytes: number } | { readonly time: number };

/** The size of a queue: packets, bytes, or microseconds of the link's rate. */
export function readLength(written: Written): Read<Length> {
  const example = "a queue's length such as 100 packets, 64kB or 50ms";
  const read = split(written, { ...TIMES, ...SIZES, ...COUNTS }, example);
  if (!('value' in read)) return read;
  const { number, unit } = read.value;
  const key = unit in COUNTS ? 'packets' : unit in SIZES ? 'bytes' : 'time';
  const value = Math.round(number * ({ ...TIMES, ...SIZES, ...COUNTS }[unit] ?? 1));
  if (value < 1 || value > 1e9)
    return {
      problem: `a queue of '${shown(written)}' holds nothing, or too much`,
      fix: `expected ${example}`,
    };
  return { value: { [key]: value } as unknown as Length };
}

function measure(written: Written, units: Units, example: string): Read<number> {
  const read = split(written, units, example);
  if (!('value' in read)) return read;
  const { number, unit } = read.value;
  return { value: number * (units[unit] ?? 1) };
}

function split(
  written: Written,
  units: Units,
  example: string,
): Read<{ readonly number: number; readonly unit: string }> {
  const [, digits, letters = ''] = AMOUNT.exec(`${written}`) ?? [];
  const unit = letters.toLowerCase();
  if (digits === undefined) {
    // As shells and templates write a variable of a scenario.
    const [, variable] = /^\s*(?:\$|\{\{\s*)([A-Za-z][\w-]*)/.exec(`${written}`) ?? [];
    const fix = variable === undefined ? `expected ${example}` : `write '\${${variable}}' for a variable`;
    return { problem: `'${shown(written)}' is not an amount`, fix };
  }
  if (unit === '') {
    const likely = Object.keys(units).find(
      (one) => units[one] !== undefined && !/^(us|b|bit|packet)$/.test(one),
    );
    return {
      problem: `'${shown(written)}' has no unit`,
      fix: `${Number(digits) === 0 ? '' : `did you mean '${digits}${likely ?? ''}'? `}expected ${example}`,
    };
  }
  if (!Object.hasOwn(units, unit))
    return { problem: `'${letters.slice(0, 10)}' is no unit here`, fix: `expected ${example}` };
  return { value: { number: Number(digits), unit } };
}

function whole(read: Read<number>, most: number, words: string): Read<number> {
  if (!('value' in read)) return read;
  if (read.value > most) return { problem: `more than ${words}`, fix: `${words} at most` };
  return { value: Math.round(read.value) };
}

const shown = (written: Written): string => `${written}`.slice(0, 40);

const scaled = (value: number, steps: readonly (readonly [number, string])[]): string => {
  const [size, unit] = steps.find(([one]) => value >= one && Number.isInteger((value / one) * 1000)) ??
    steps.at(-1) ?? [1, ''];
  return `${value / size}${unit}`;
};

/** Such as `20ms`, in a form that both tc(8) and readTime understand. */
export const timeText = (microseconds: number): string =>
  microseconds === 0
    ? '0ms'
    : scaled(microseconds, [
        [1e6, 's'],
        [1e3, 'ms'],
        [1, 'us'],
      ]);

export const rateText = (bits: number): string =>
  scaled(bits, [
    [1e9, 'gbit'],
    [1e6, 'mbit'],
    [1e3, 'kbit'],
    [1, 'bit'],
  ]);

/** At most six decimals, as netem keeps 32 bits of a share. */
export const percentText = (percent: number): string => `${Number(percent.toFixed(6))}%`;
