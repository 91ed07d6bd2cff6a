/** Translates a link back to written form, to read it again with changed settings. */
import { count } from '../../core/text.js';
import type { Chance, Impairment, Loss } from '../../link/impairment.js';
import type { WrittenDirection } from '../../topology/link-schema.js';

const us = (time: number): string => `${time}us`;
const share = (percent: number): string => `${Number(percent.toFixed(9))}%`;

export function writtenOf({
  delay,
  jitter,
  loss,
  rate,
  reorder,
  duplicate,
  corrupt,
  seed,
}: Impairment): WrittenDirection {
  return {
    ...(delay !== undefined && { delay: { 'one-way': us(delay) } }),
    ...(jitter && {
      jitter: { value: us(jitter.time), distribution: jitter.distribution, ...correlation(jitter) },
    }),
    ...(loss && { loss: lossOf(loss) }),
    ...(rate && {
      rate: `${rate.bits}bit`,
      burst: `${rate.burst}b`,
      queue: {
        kind: rate.queue.kind,
        length:
          'packets' in rate.queue.limit
            ? count(rate.queue.limit.packets, 'packet')
            : `${rate.queue.limit.bytes}b`,
      },
    }),
    ...(reorder && {
      reorder: { ...chance(reorder), ...(reorder.gap !== undefined && { gap: reorder.gap }) },
    }),
    ...(duplicate && { duplicate: chance(duplicate) }),
    ...(corrupt && { corrupt: chance(corrupt) }),
    ...(seed !== undefined && { seed }),
  };
}

const correlation = (of: { readonly correlation?: number }): { correlation?: string } =>
  of.correlation === undefined ? {} : { correlation: share(of.correlation) };

const chance = (of: Chance): { random: string; correlation?: string } => ({
  random: share(of.percent),
  ...correlation(of),
});

const lossOf = (loss: Loss): WrittenDirection['loss'] =>
  loss.kind === 'random'
    ? chance(loss)
    : { p: share(loss.p), r: share(loss.r), '1-h': share(loss.h), '1-k': share(loss.k) };
