/** What ping and iperf3 said, as numbers. */
import { median, readPings } from '../flows/pings.js';

/** Bytes of a datagram's payload, and of its frame: that, UDP, IPv4 and Ethernet. */
export const DATAGRAM = { payload: 1_400, frame: 1_442 };
/** Two-sided, of the normal distribution: 95 % and 99.99 %. */
export const Z = { usual: 1.96, always: 3.89 };

/** Milliseconds, the least of what `ping -q` saw: what is above it is the emulated processors'. */
export const leastTrip = (summary: string): number => Number(/= ([\d.]+)\//.exec(summary)?.[1]);

/** Milliseconds, the middle of what `ping -D` saw. */
export const middleTrip = (text: string): number => median(readPings(text).echoes.map(({ trip }) => trip));

export type Lost = { readonly sent: number; readonly lost: number };

export function lostOf(summary: string): Lost {
  const [sent = NaN, received = NaN] = (/(\d+) packets transmitted, (\d+) received/.exec(summary) ?? [])
    .slice(1)
    .map(Number);
  return { sent, lost: sent - received };
}

/**
 * How far from a share the losses are, in standard deviations.
 * @param share 0 to 1
 * @param dependence of so many packets one says something new
 */
export function deviations({ sent, lost }: Lost, share: number, dependence = 1): number {
  if (share === 0) return lost === 0 ? 0 : Infinity;
  return Math.abs(lost - sent * share) / Math.sqrt(sent * share * (1 - share) * dependence);
}

type Iperf = { readonly end?: { readonly sum_received?: { readonly bits_per_second: number } } };

/** Mbit/s of whole frames that arrived, of `iperf3 -u -J`; NaN where it says nothing. */
export function receivedRate(json: string): number {
  try {
    const { end } = JSON.parse(json) as Iperf;
    return ((end?.sum_received?.bits_per_second ?? NaN) * DATAGRAM.frame) / DATAGRAM.payload / 1e6;
  } catch {
    return NaN;
  }
}
