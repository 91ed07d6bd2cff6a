/** Links as text for plans, tables and messages. */
import { count } from '../core/text.js';
import { percentText, rateText, timeText } from '../core/units.js';
import type { Chance, Impairment, Link, Loss, Queue, Rate } from './impairment.js';
import { meanLoss, usualBurst, usualQueue } from './impairment.js';

/** The text for one direction. */
export const directionText = ({ impairment, cut, apart }: DirectionOf): string =>
  [
    cut ? 'cut' : '',
    impairment ? impairmentText(impairment) : '',
    apart ? `apart from ${apart.length > 3 ? `${apart.length} addresses` : apart.join(', ')}` : '',
  ]
    .filter((part) => part !== '')
    .join('; ');

type DirectionOf = Pick<Link, 'cut' | 'apart'> & { readonly impairment?: Impairment };

/** `delay 20ms ± 2ms, loss 1%, rate 20mbit` */
function impairmentText(impairment: Impairment): string {
  const { delay, jitter, loss, rate, reorder, duplicate, corrupt, seed } = impairment;
  const parts = [
    delay === undefined ? '' : `delay ${timeText(delay)}${jitter ? ` ± ${jitterText(jitter)}` : ''}`,
    loss ? `loss ${lossText(loss)}` : '',
    rate ? `rate ${rateLine(rate)}` : '',
    reorder ? `reorder ${chanceText(reorder)}` : '',
    duplicate ? `duplicate ${chanceText(duplicate)}` : '',
    corrupt ? `corrupt ${chanceText(corrupt)}` : '',
    seed === undefined ? '' : `seed ${seed}`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

const jitterText = ({ time, distribution, correlation }: NonNullable<Impairment['jitter']>): string =>
  [timeText(time), distribution === 'uniform' ? '' : distribution, correlated(correlation)]
    .filter((part) => part !== '')
    .join(' ');

const correlated = (correlation: number | undefined): string =>
  correlation === undefined ? '' : `correlated ${percentText(correlation)}`;

const chanceText = ({ percent, correlation }: Chance): string =>
  [percentText(percent), correlated(correlation)].filter((part) => part !== '').join(' ');

function lossText(loss: Loss): string {
  if (loss.kind === 'random') return chanceText(loss);
  const { p, r, h, k } = loss;
  return `${percentText(meanLoss(loss))} in bursts (p ${percentText(p)}, r ${percentText(r)}, 1-h ${percentText(h)}, 1-k ${percentText(k)})`;
}

/** Left out where burst and queue are the defaults for the rate. */
function rateLine({ bits, burst, queue }: Rate): string {
  const usual = usualQueue(bits, queue.kind);
  const isUsual = JSON.stringify(usual.limit) === JSON.stringify(queue.limit);
  const parts = [
    burst === usualBurst(bits) ? '' : `burst ${burst} bytes`,
    queue.kind === 'drop-tail' && isUsual
      ? ''
      : ['queue', queue.kind === 'drop-tail' ? '' : queue.kind, isUsual ? '' : limitText(queue)]
          .filter((part) => part !== '')
          .join(' '),
  ].filter((part) => part !== '');
  return `${rateText(bits)}${parts.length > 0 ? ` (${parts.join(', ')})` : ''}`;
}

const limitText = ({ limit }: Queue): string =>
  'packets' in limit ? count(limit.packets, 'packet') : count(limit.bytes, 'byte');

/** Both directions in one line; values that differ are given for each. */
export function linkText({ up, down, mtu, cut, apart }: Link): string {
  const [there, back] = [up, down].map((one) => (one ? impairmentText(one) : ''));
  const ways = [there ? `up ${there}` : '', back ? `down ${back}` : ''];
  const both = there !== '' && there === back ? [`both ways ${there}`] : ways;
  return [
    directionText({ ...(cut && { cut }), ...(apart && { apart }) }),
    ...both,
    mtu === undefined ? '' : `mtu ${mtu}`,
  ]
    .filter((part) => part !== '')
    .join('; ');
}
