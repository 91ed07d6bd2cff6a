/** Links as data, over all that the language has for them: mostly amounts that read, and some that do not. */
import fc from 'fast-check';
import { DISTRIBUTIONS, QUEUES } from '../../src/link/impairment.js';
import { LINK_PRESETS } from '../../src/link/presets.js';
import { EVIL, text } from './words.js';

const wrong = fc.oneof(
  fc.constantFrom<unknown>(...EVIL),
  text(12),
  fc.constantFrom<unknown>(
    20,
    0,
    -1,
    '1e9s',
    '999999999999999ms',
    '10mbps',
    '٣ms',
    '.5%',
    '0.0000001%',
    '1 0ms',
  ),
);
const amount = (...units: readonly string[]): fc.Arbitrary<unknown> =>
  fc.oneof(
    {
      weight: 15,
      arbitrary: fc
        .tuple(
          fc.oneof(fc.integer({ min: 1, max: 999 }), fc.constantFrom(0, 0.5, 1.25)),
          fc.constantFrom(...units),
        )
        .map((parts) => parts.join('')),
    },
    { weight: 1, arbitrary: wrong },
  );
const time = amount('ms', 'us', 's', ' ms');
const share = fc.oneof(
  { weight: 15, arbitrary: fc.integer({ min: 0, max: 100 }).map((percent) => `${percent}%`) },
  { weight: 1, arbitrary: wrong },
);
const some = (model: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<object> =>
  fc.record(model, { requiredKeys: [] });
const chance = fc.oneof(share, fc.record({ random: share, correlation: share }));

const keys = {
  delay: fc.oneof(
    { weight: 9, arbitrary: fc.oneof(fc.record({ 'one-way': time }), fc.record({ rtt: time })) },
    { weight: 1, arbitrary: fc.oneof(time, some({ 'one-way': time, rtt: time })) },
  ),
  jitter: fc.oneof(
    time,
    fc.record({ value: time, distribution: fc.constantFrom(...DISTRIBUTIONS), correlation: share }),
  ),
  loss: fc.oneof(
    chance,
    fc.record({ mean: share, burst: fc.integer({ min: 1, max: 20 }) }),
    some({ p: share, r: share, '1-h': share, '1-k': share }),
  ),
  rate: amount('mbit', 'kbit', 'gbit', 'bit/s'),
  burst: amount('kB', 'b', 'KiB'),
  queue: fc.oneof(
    amount(' packets', 'ms', 'kB'),
    some({ kind: fc.constantFrom(...QUEUES), length: amount(' packets', 'ms', 'kB') }),
  ),
  reorder: fc.oneof(chance, fc.record({ random: share, gap: fc.integer({ min: 1, max: 10 }) })),
  duplicate: chance,
  corrupt: chance,
  seed: fc.nat(2 ** 31 - 1),
};
const mtu = fc.constantFrom(68, 576, 1280, 1492, 9000, 65_535);
const preset = fc.constantFrom(...Object.keys(LINK_PRESETS));

/** Without what only a machine's own has. */
export const segmentLink = fc.oneof(preset, some({ ...keys, preset, mtu }));
export const machineLink = fc.oneof(preset, some({ ...keys, preset, mtu, up: some(keys), down: some(keys) }));
