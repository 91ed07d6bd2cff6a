/**
 * Links as lines of `tc -batch` (tc(8)): netem first, for delay and loss, then the rate limit with its queue. Each
 * place in the tree has a fixed handle, so that `replace` changes parameters in place and loses no queued packet.
 */
import { percentText } from '../core/units.js';
import { FRAME } from '../link/impairment.js';
import type { Chance, Impairment, Loss, Rate } from '../link/impairment.js';
import { askedShare } from './correlated.js';

/** How a link is implemented: by netem, or by nftables where the kernel has no netem. */
export type Means = 'netem' | 'nftables';

/** netem's limit of delayed packets: enough for a second of a gigabit, as packets beyond it are lost. */
const ON_THE_WAY = 100_000;

/** Whether the link needs netem, as nothing else can do it. */
export const needsNetem = ({
  delay,
  jitter,
  loss,
  reorder,
  duplicate,
  corrupt,
  seed,
}: Impairment): string[] => [
  ...(delay === undefined ? [] : ['delay']),
  ...(jitter ? ['jitter'] : []),
  ...(loss && !isPlain(loss) ? ['loss in bursts or correlated'] : []),
  ...(reorder ? ['reorder'] : []),
  ...(duplicate ? ['duplicate'] : []),
  ...(corrupt ? ['corrupt'] : []),
  ...(seed === undefined ? [] : ['seed']),
];

const isPlain = (loss: Loss): boolean => loss.kind === 'random' && loss.correlation === undefined;

/** The share of packets that rules drop where netem does not, in percent. */
export const droppedByRules = ({ loss }: Impairment, means: Means): number =>
  means === 'nftables' && loss?.kind === 'random' ? loss.percent : 0;

/** The lines for one direction of a link, at the interface that packets leave by; none where tc has nothing to do. */
export function qdiscLines(impairment: Impairment, device: string, means: Means): string[] {
  const netem = means === 'netem' ? netemWords(impairment) : '';
  const replace = `qdisc replace dev ${device}`;
  const first = netem === '' ? [] : [`${replace} root handle 1: netem limit ${ON_THE_WAY} ${netem}`];
  const { rate } = impairment;
  const place = netem === '' ? { parent: 'root', tree: '' } : { parent: 'parent 1:1', tree: '1' };
  return [...first, ...(rate ? rateLines(rate, replace, place) : [])];
}

/**
 * The structure of the lines without parameters: links of the same structure can be changed in place. netem keeps its table
 * of delays until it is removed (netem_change in sch_netem.c), so that links with and without a table differ in structure.
 */
export const shapeOf = (lines: readonly string[]): string =>
  lines
    .map((line) => {
      const [, ...words] = / (root|parent \S+) handle (\S+) (\S+)/.exec(line) ?? [];
      return [...words, ...(line.includes(' distribution ') ? ['table'] : [])].join(' ');
    })
    .join('; ');

function netemWords({ delay, jitter, loss, reorder, duplicate, corrupt, seed }: Impairment): string {
  const words = [
    delay === undefined ? '' : `delay ${delay}us${jitter ? jitterWords(jitter) : ''}`,
    reorder ? `reorder ${chanceWords(reorder)}${reorder.gap === undefined ? '' : ` gap ${reorder.gap}`}` : '',
    loss ? lossWords(loss) : '',
  ].filter((word) => word !== '');
  if (words.length === 0 && !duplicate && !corrupt) return '';
  // What is not named stays as it was where parameters change in place (netem_change): corruption, and all correlations
  // together. So both are named always.
  const named = [duplicate ?? NEVER, corrupt ?? NEVER].map(({ percent, correlation = 0 }) =>
    chanceWords({ percent, correlation }),
  );
  return [
    ...words,
    `duplicate ${named[0]}`,
    `corrupt ${named[1]}`,
    ...(seed === undefined ? [] : [`seed ${seed}`]),
  ].join(' ');
}

const NEVER: Chance = { percent: 0 };

/** Without a distribution, netem's delays are uniform. */
const jitterWords = ({ time, distribution, correlation }: NonNullable<Impairment['jitter']>): string =>
  ` ${time}us${correlation === undefined ? '' : ` ${percentText(correlation)}`}${distribution === 'uniform' ? '' : ` distribution ${distribution}`}`;

const chanceWords = ({ percent, correlation }: Chance): string =>
  correlation === undefined
    ? percentText(percent)
    : `${percentText(askedShare(percent, correlation))} ${percentText(correlation)}`;

function lossWords(loss: Loss): string {
  if (loss.kind === 'gilbert-elliott')
    return `loss gemodel ${[loss.p, loss.r, loss.h, loss.k].map(percentText).join(' ')}`;
  const { percent, correlation = 0 } = loss;
  if (correlation === 0) return `loss random ${percentText(percent)}`;
  // netem's own correlation makes losses of a few in a hundred next to impossible (tc-netem(8): "noticed bad behavior"). A chain
  // of two states has both: the share, and how much a packet's fate depends on that of the one before.
  const change = 1 - correlation / 100;
  return `loss gemodel ${[percent * change, (100 - percent) * change, 100, 0].map(percentText).join(' ')}`;
}

/** Where in the tree of queueing disciplines a rate is. */
type TreePlace = { readonly parent: string; readonly tree: string };

function rateLines(rate: Rate, replace: string, { parent, tree }: TreePlace): string[] {
  const { bits, burst, queue } = rate;
  const { kind, limit } = queue;
  if (kind === 'cake') {
    const memory = 'bytes' in limit ? ` memlimit ${limit.bytes}b` : '';
    return [`${replace} ${parent} handle ${tree}3: cake bandwidth ${bits}bit${memory}`];
  }
  const bytes = 'bytes' in limit ? limit.bytes : limit.packets * FRAME;
  // What a token bucket counts to is its own queue; another one takes its place.
  const bucket = `${replace} ${parent} handle ${tree}2: tbf rate ${bits}bit burst ${burst}b limit ${bytes}b`;
  const inside = queueWords(rate);
  return inside === '' ? [bucket] : [bucket, `${replace} parent ${tree}2:1 handle ${tree}21: ${inside}`];
}

function queueWords({ bits, queue: { kind, limit } }: Rate): string {
  if (kind === 'drop-tail') return 'packets' in limit ? `pfifo limit ${limit.packets}` : '';
  if (kind === 'fq-codel') return 'packets' in limit ? `fq_codel limit ${limit.packets}` : 'fq_codel';
  const bytes = 'bytes' in limit ? limit.bytes : limit.packets * FRAME;
  // tc-red(8): max at a quarter of the limit or less, min at a third of max, burst (min + min + max) / (3 * avpkt).
  const most = Math.max(3 * FRAME, Math.round(bytes / 4));
  const least = Math.round(most / 3);
  const burst = Math.max(1, Math.ceil((2 * least + most) / 3000));
  return `red limit ${Math.max(bytes, 4 * most)}b min ${least}b max ${most}b avpkt 1000 burst ${burst} bandwidth ${bits}bit probability 0.1`;
}
