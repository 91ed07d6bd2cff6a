/** Amounts as people write them, and what is said of those that nobody can read. */
import test from 'ava';
import {
  percentText,
  rateText,
  readLength,
  readPercent,
  readRate,
  readSize,
  readTime,
  timeText,
} from '../../../src/core/units.js';

const value = <T>(read: { value: T } | { problem: string; fix: string }): T | string =>
  'value' in read ? read.value : read.problem;

test('times are microseconds', (t) => {
  const cases: readonly (readonly [string | number, number | string])[] = [
    ['20ms', 20_000],
    ['0.5ms', 500],
    ['1.5 s', 1_500_000],
    ['700US', 700],
    ['0ms', 0],
    [20, "'20' has no unit"],
    ['20 min', "'min' is no unit here"],
    ['-1ms', "'-1ms' is not an amount"],
    ['2h', "'h' is no unit here"],
    ['3601s', 'more than an hour'],
    ['', "'' is not an amount"],
    ['1e3ms', "'1e3ms' is not an amount"],
  ];
  for (const [written, wanted] of cases) t.is(value(readTime(written)), wanted, `${written}`);
});

test('rates are bits a second, and never guessed', (t) => {
  const cases: readonly (readonly [string, number | string])[] = [
    ['100mbit', 1e8],
    ['1.5gbit', 1.5e9],
    ['512 Kbit/s', 512_000],
    ['100bit', "'100bit' is less than 1kbit"],
    ['10mbps', "'10mbps' does not say whether it is bits or bytes"],
    ['10MB', "'MB' is no unit here"],
    ['200gbit', 'more than 100gbit'],
  ];
  for (const [written, wanted] of cases) t.is(value(readRate(written)), wanted, written);
});

test('sizes, shares and lengths of queues', (t) => {
  t.is(value(readSize('64kB')), 64_000);
  t.is(value(readSize('1MiB')), 1_048_576);
  t.is(value(readSize('2GB')), "'GB' is no unit here");
  t.is(value(readPercent('0.1%')), 0.1);
  t.is(value(readPercent('100.5%')), "'100.5%' is more than 100%");
  t.is(value(readPercent(0.01)), "'0.01' has no unit");
  t.deepEqual(value(readLength('100 packets')), { packets: 100 });
  t.deepEqual(value(readLength('64kb')), { bytes: 64_000 });
  t.deepEqual(value(readLength('50ms')), { time: 50_000 });
  t.is(value(readLength('0 packets')), "a queue of '0 packets' holds nothing, or too much");
});

test('a number without its unit is answered with the likely one', (t) => {
  const fix = (read: { value: unknown } | { fix: string }): string => ('fix' in read ? read.fix : '');
  t.regex(fix(readTime(40)), /^did you mean '40ms'\?/);
  t.regex(fix(readPercent('1')), /^did you mean '1%'\?/);
  t.regex(fix(readRate('20')), /^did you mean '20kbit'|'20mbit'/);
});

test('what is written is read to the same', (t) => {
  for (const time of [1, 20_000, 1_500_000, 12_345, 999]) t.is(value(readTime(timeText(time))), time);
  for (const rate of [1_000, 20_000_000, 1_500_000_000, 123_456_789, 999_999])
    t.is(value(readRate(rateText(rate))), rate);
  t.is(percentText(100 / 3), '33.333333%');
});
