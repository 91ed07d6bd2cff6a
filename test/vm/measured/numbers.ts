/** What ping and iperf3 said, as numbers. */
import type { Turn } from '../in-turn.js';
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

/**
 * A machine that floods another for some seconds by iperf3(1), twice: each asked again where the connection by which both ends
 * agree is lost itself, at another port each time. `floodsOf` says where the results are.
 *
 * @param rate Mbit/s of frames that fit; half as much more is sent
 * @param seconds that count, beside one before
 */
export function flood(
  name: string,
  machine: string,
  server: string,
  rate: number,
  seconds: number,
  more = '',
): readonly Turn[] {
  const line = `iperf3 -c ${server} -u -b ${Math.round(rate * 1_500)}k -l ${DATAGRAM.payload} -t ${seconds} -O 1 -J --get-server-output ${more}`;
  const script = `for port in ${PORTS.join(' ')}; do said=$(timeout ${seconds + 45} ${line} -p $port) && break; done; printf '%s' "$said"`;
  return floodsOf(name).map((file) => ({ name: file, machine, argv: ['sh', '-c', script] }));
}

export const floodsOf = (name: string): readonly string[] => [`${name}.1`, `${name}.2`];

const PORTS = [5201, 5202, 5203];

/** A shell command: what answers floods, a new process each time, so that one which waits for what is lost holds up none. */
export const FLOODED = PORTS.map(
  (port) => `(for turn in $(seq 1000); do timeout 60 iperf3 -s -1 -J -p ${port}; done) >/dev/null 2>&1 &`,
).join(' ');

type Second = { readonly bits_per_second: number; readonly omitted: boolean; readonly seconds: number };
type Intervals = { readonly intervals?: readonly { readonly sum: Second }[] };
type Iperf = Intervals & {
  readonly server_output_json?: Intervals;
  readonly start?: { readonly test_start?: { readonly reverse: number } };
};

/**
 * Mbit/s of whole frames that arrived, of the better of floods: where emulated processors are too slow for a while the queue runs
 * dry, which makes less, and never more.
 */
export const receivedRate = (texts: readonly string[]): number =>
  Math.max(...texts.map(middleRate).filter((rate) => !Number.isNaN(rate)));

/** The middle one of the seconds that count, as a pause makes one less and the next more. NaN where nothing is said. */
function middleRate(json: string): number {
  try {
    const said = JSON.parse(json) as Iperf;
    const receiver = said.start?.test_start?.reverse === 1 ? said : said.server_output_json;
    const seconds = (receiver?.intervals ?? [])
      .map(({ sum }) => sum)
      .filter((one) => !one.omitted && one.seconds > 0.9);
    return (median(seconds.map((one) => one.bits_per_second)) * DATAGRAM.frame) / DATAGRAM.payload / 1e6;
  } catch {
    return NaN;
  }
}
