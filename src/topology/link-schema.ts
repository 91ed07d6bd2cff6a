/** The part of the topology language for links: delay, loss, rate and so on. */
import * as z from 'zod';
import { record } from './record.js';

const amount = z.union([z.string().max(100), z.number()]);
const share = amount.describe('a share such as 0.1% or 5%');
const correlation = share.describe('how much it depends on the packet before, such as 25%').optional();

const delay = z
  .union([
    amount,
    record({
      'one-way': amount.optional().describe('of a packet in this direction, such as 20ms'),
      rtt: amount.optional().describe('there and back, half of it each way, such as 40ms'),
    }),
  ])
  .describe("{ one-way: 20ms } or { rtt: 40ms }: 'delay: 20ms' could mean either");
const jitter = z
  .union([
    amount,
    record({
      value: amount.describe('how far delays are from their mean, such as 2ms'),
      distribution: z.enum(['uniform', 'normal', 'pareto', 'paretonormal']).optional(),
      correlation,
    }),
  ])
  .describe('a time such as 2ms, or { value, distribution, correlation }');
const loss = z
  .union([
    amount,
    record({
      random: share.optional(),
      correlation,
      mean: share.describe('of bursts: the share of all packets that is lost').optional(),
      burst: z
        .number()
        .min(1)
        .max(1e6)
        .describe('of bursts: how many are lost in a row, on average')
        .optional(),
      p: share.describe('Gilbert-Elliott: from the good state to the bad').optional(),
      r: share.describe('Gilbert-Elliott: from the bad state to the good').optional(),
      '1-h': share.describe('Gilbert-Elliott: lost in the bad state; default 100%').optional(),
      '1-k': share.describe('Gilbert-Elliott: lost in the good state; default 0%').optional(),
    }),
  ])
  .describe('a share such as 0.1%, bursts { mean: 1%, burst: 4 }, or Gilbert-Elliott { p, r, 1-h, 1-k }');
const chance = z
  .union([amount, record({ random: share, correlation })])
  .describe('a share of packets such as 0.1%, or { random, correlation }');
const queue = z
  .union([
    amount,
    record({
      kind: z.enum(['drop-tail', 'fq-codel', 'cake', 'red']).optional(),
      length: amount.optional().describe('100 packets, 64kB, or 50ms of the rate'),
    }),
  ])
  .describe("how much waits where 'rate' is reached: 100 packets, 64kB, 50ms, or { kind, length }");

const directionKeys = {
  delay: delay.optional(),
  jitter: jitter.optional(),
  loss: loss.optional(),
  rate: amount.optional().describe('such as 20mbit'),
  burst: amount.optional().describe('how much may go at once, such as 32kB'),
  queue: queue.optional(),
  reorder: z
    .union([amount, record({ random: share, correlation, gap: z.int().min(1).max(1e6).optional() })])
    .describe('a share of packets that go at once, before those that are delayed')
    .optional(),
  duplicate: chance.optional(),
  corrupt: chance.optional(),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .optional()
    .describe('the same losses and delays in every run; Linux 6.5 and tc of 6.5 or later'),
};
const preset = z.string().max(100).describe("a kind of link: 'labnet link presets' has them");
const direction = record(directionKeys);

export const linkKeys = {
  preset: preset.optional(),
  ...directionKeys,
  mtu: z.int().min(68).max(65_535).optional().describe('bytes of the largest packet'),
  up: direction.optional().describe('from the machine'),
  down: direction.optional().describe('to the machine'),
};
const linkLong = record(linkKeys);

export const linkSchema = z
  .union([preset, linkLong])
  .describe('what happens to packets on the way: a preset, or delay, jitter, loss, rate and so on');

export type WrittenDirection = z.infer<typeof direction>;
export type WrittenLink = z.infer<typeof linkSchema>;
export type LongLink = z.infer<typeof linkLong>;
export const LINK_KEYS: readonly string[] = Object.keys(linkKeys);
