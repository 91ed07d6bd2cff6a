/** Compares measured and declared values, with the tolerances in docs/links.md. */
import { percentText, rateText, timeText } from '../../core/units.js';
import type { LinkPair } from './expect.js';

/** The result of echoes. */
export type Echoes = {
  readonly sent: number;
  /** Round trips in microseconds, one for each answered request. */
  readonly trips: readonly number[];
};
/** The result of sending datagrams faster than the rate, in one direction. */
export type Flood = {
  /** Bits a second of whole frames, by their arrival; undefined where too few arrived. */
  readonly arrived?: number;
  /** The same by their sending. */
  readonly sent?: number;
  readonly trouble?: string;
};
/** Whether packets of the MTU got through, and packets one byte larger. */
export type Sizes = { readonly fits: boolean; readonly isLargerRefused: boolean };

export type LinkMeasured = {
  readonly echoes?: Echoes;
  readonly there?: Flood;
  readonly back?: Flood;
  readonly sizes?: Sizes;
  readonly trouble?: string;
};

export type Part = { readonly status: 'pass' | 'fail' | 'error'; readonly text: string };

/** One millisecond or two percent, whichever is more. */
const TIME_TOLERANCE = 1_000;
const SHARE_TOLERANCE = 0.02;
const RATE_TOLERANCE = 0.05;
/** The 95 % interval is shown. The 99.9 % interval decides, so that among a hundred links none fails by chance. */
const Z_SHOWN = 1.96;
const Z_JUDGED = 3.29;

export function judgeLink({ expected, line }: LinkPair, measured: LinkMeasured): Part[] {
  if (measured.trouble !== undefined) return [{ status: 'error', text: measured.trouble }];
  const { echoes, there, back, sizes } = measured;
  if (expected.isCut) return echoes ? [cut(echoes)] : [];
  return [
    ...(echoes
      ? [judgeTrip(echoes, expected), ...judgeSpread(echoes, expected), judgeLoss(echoes, expected)]
      : []),
    ...(there && expected.there !== undefined
      ? [judgeRate('up', there, expected.there, expected.lossThere)]
      : []),
    ...(back && expected.back !== undefined
      ? [judgeRate('down', back, expected.back, expected.lossBack)]
      : []),
    ...(sizes && line.mtu !== undefined ? [judgeSizes(sizes, expected.mtu)] : []),
  ];
}

const cut = ({ trips, sent }: Echoes): Part => ({
  status: trips.length === 0 ? 'pass' : 'fail',
  text: `cut: ${trips.length} of ${sent} got through`,
});

type Expected = LinkPair['expected'];

function judgeTrip({ trips }: Echoes, { rtt, spread = 0, loss }: Expected): Part {
  if (trips.length === 0)
    return loss >= 0.99 ? { status: 'pass', text: 'no answers' } : { status: 'fail', text: 'no answers' };
  const middle = median(trips);
  const least = Math.min(...trips);
  // Without jitter the quickest answer tells: what is above it is the time of computers, which emulated ones take much of.
  const found = spread === 0 ? least : middle;
  const slack = Math.max(TIME_TOLERANCE, rtt * SHARE_TOLERANCE) + (4 * spread) / Math.sqrt(trips.length);
  // The median of a skewed distribution is not its mean.
  const skew = spread * 0.3;
  const isSo = found >= rtt - slack - skew && found <= rtt + slack + skew;
  return {
    status: isSo ? 'pass' : 'fail',
    text: `rtt ${shortTime(middle)} (${shortTime(least)} to ${shortTime(Math.max(...trips))})${isSo ? '' : `, not ${timeText(rtt)}`}`,
  };
}

/** Between half and double, as netem's tables and the computer itself add to the jitter. */
function judgeSpread({ trips }: Echoes, { spread }: Expected): Part[] {
  if (spread === undefined || trips.length < 30) return [];
  const found = deviationOf(trips);
  const isSo = found >= spread * 0.5 - 100 && found <= spread * 2 + TIME_TOLERANCE;
  return [
    {
      status: isSo ? 'pass' : 'fail',
      text: `deviation ${shortTime(found)}${isSo ? '' : `, not ${shortTime(spread)}`}`,
    },
  ];
}

function judgeLoss({ sent, trips }: Echoes, { loss, dependence }: Expected): Part {
  const lost = sent - trips.length;
  const [low, high] = wilson(lost, sent, Z_SHOWN, dependence);
  const [lower, upper] = wilson(lost, sent, Z_JUDGED, dependence);
  // A busy computer loses a packet now and then.
  const isSo = loss >= lower - 1e-9 && loss <= upper + 1e-9 ? true : loss === 0 && lost <= 1 + sent / 200;
  const share = (of: number): string => percentText(Number((of * 100).toFixed(2)));
  return {
    status: isSo ? 'pass' : 'fail',
    text: `loss ${share(lost / sent)} (95 %: ${share(low)} to ${share(high)})${isSo ? '' : `, not ${share(loss)}`}`,
  };
}

/**
 * Wilson's interval of a share (E. B. Wilson, JASA 22, 1927), 0 to 1.
 * @param dependence this many packets count as one independent sample
 */
export function wilson(hits: number, all: number, z: number, dependence = 1): readonly [number, number] {
  if (all === 0 || !Number.isFinite(dependence)) return [0, 1];
  const n = Math.max(1, all / dependence);
  const p = hits / all;
  const middle = (p + z ** 2 / (2 * n)) / (1 + z ** 2 / n);
  const half = (z / (1 + z ** 2 / n)) * Math.sqrt((p * (1 - p)) / n + z ** 2 / (4 * n ** 2));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

function judgeRate(way: string, { arrived, sent, trouble }: Flood, rate: number, loss: number): Part {
  if (trouble !== undefined) return { status: 'error', text: `rate ${way}: ${trouble}` };
  if (arrived === undefined)
    return { status: loss > 0.9 ? 'pass' : 'fail', text: `rate ${way}: nothing arrived` };
  const text = `rate ${way} ${shortRate(arrived)}`;
  if (arrived > rate * (1 + RATE_TOLERANCE))
    return { status: 'fail', text: `${text}, not ${rateText(rate)}` };
  // Losses before the bottleneck leave it full, those behind it do not.
  if (arrived >= rate * (1 - loss) * (1 - RATE_TOLERANCE) * 0.98) return { status: 'pass', text };
  if ((sent ?? 0) < rate * 1.05)
    return { status: 'error', text: `${text}: this computer sent no more than ${shortRate(sent ?? 0)}` };
  return { status: 'fail', text: `${text}, not ${rateText(rate)}` };
}

function judgeSizes({ fits, isLargerRefused }: Sizes, mtu: number): Part {
  const isSo = fits && isLargerRefused;
  const what = fits ? (isLargerRefused ? `mtu ${mtu}` : `mtu over ${mtu}`) : `mtu under ${mtu}`;
  return { status: isSo ? 'pass' : 'fail', text: what };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function deviationOf(values: readonly number[]): number {
  const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
  return Math.sqrt(values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / values.length);
}

const shortTime = (time: number): string =>
  timeText(time >= 10_000 ? Math.round(time / 100) * 100 : Math.round(time));
const shortRate = (rate: number): string => `${Number((rate / 1e6).toPrecision(3))}mbit`;
