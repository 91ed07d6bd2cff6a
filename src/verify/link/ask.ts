/** Measuring a link: the commands for its two machines, and their output. */
import type { Command, Output } from '../../core/command.js';
import { FRAME } from '../../link/impairment.js';
import type { LinkPair } from './expect.js';
import type { Echoes, Flood, Sizes } from './judge.js';

/** The number of echoes: enough to measure a loss of a few percent. */
const ECHOES = 400;
const LEAST_PAUSE = 5;
/** Bits of an echo request in its frame. */
const ECHO_BITS = 98 * 8;
/** How long packets may wait in a queue before they count as lost, milliseconds. */
const PATIENCE = 600;

const slowest = ({ expected: { there = Infinity, back = Infinity } }: LinkPair): number =>
  Math.min(there, back);

/** Milliseconds between echoes, so that they use at most a tenth of the link. */
const pauseOf = (pair: LinkPair): number =>
  Math.min(100, Math.max(LEAST_PAUSE, Math.ceil((ECHO_BITS / slowest(pair)) * 10_000)));

const ping = ({ family }: LinkPair): string[] => ['ping', family === 4 ? '-4' : '-6', '-n'];

export function echoCommand(pair: LinkPair): Command {
  const { machine, to, from, expected } = pair;
  const count = expected.isCut ? 20 : ECHOES;
  const wait = Math.ceil((expected.rtt * 2) / 1e6 + 1);
  const argv = [
    ...ping(pair),
    '-I',
    from,
    '-i',
    `${pauseOf(pair) / 1000}`,
    '-c',
    `${count}`,
    '-W',
    `${wait}`,
    to,
  ];
  return {
    machine,
    argv: argv as [string, ...string[]],
    timeout: count * pauseOf(pair) + wait * 1_000 + expected.rtt / 1_000 + 20_000,
  };
}

export function readEchoes({ stdout }: Output): Echoes | undefined {
  const sent = /(\d+) packets transmitted/.exec(stdout)?.[1];
  if (sent === undefined) return undefined;
  const trips = [...stdout.matchAll(/time=([\d.]+) ms(?!.*DUP)/g)].map(([, ms]) => Number(ms) * 1_000);
  return { sent: Number(sent), trips };
}

/** Pings without fragmentation (ping(8), -M do): of the MTU, and one byte larger. */
export function sizeCommands(pair: LinkPair): Command[] {
  const headers = pair.family === 4 ? 28 : 48;
  const wait = Math.ceil((pair.expected.rtt * 2) / 1e6 + 1);
  return [0, 1].map((more) => ({
    machine: pair.machine,
    argv: [
      ...ping(pair),
      '-M',
      'do',
      '-i',
      '0.05',
      '-c',
      pair.expected.loss > 0 ? '20' : '3',
      '-W',
      `${wait}`,
      '-s',
      `${pair.expected.mtu - headers + more}`,
      pair.to,
    ] as unknown as [string, ...string[]],
    timeout: 30_000 + wait * 1_000,
  }));
}

export const readSizes = ([fitting, larger]: readonly Output[]): Sizes => ({
  fits: fitting !== undefined && received(fitting) > 0,
  isLargerRefused: larger !== undefined && received(larger) === 0,
});

const received = ({ stdout }: Output): number => Number(/(\d+) received/.exec(stdout)?.[1] ?? 0);

/** Bytes of a datagram's payload, and of its headers. */
const PAYLOAD = 1_400;
const HEADERS: Readonly<Record<4 | 6, number>> = { 4: 42, 6: 62 };
const SHORTEST = 700;
/** Milliseconds of sending; longer at low rates, so that enough packets arrive. */
const floodTime = (bits: number): number =>
  Math.round(Math.min(6_000, Math.max(SHORTEST, (50 * FRAME * 8_000) / bits)));

export type Way = 'there' | 'back';

/** A receiver and a sender, started together: the sender waits until the receiver must be running. */
export function floodCommands(pair: LinkPair, way: Way, port: number, program: string): Command[] {
  const bits = pair.expected[way] ?? 0;
  const loss = way === 'there' ? pair.expected.lossThere : pair.expected.lossBack;
  const [from, to] = way === 'there' ? [pair.machine, pair.peer] : [pair.peer, pair.machine];
  const [source, target] = way === 'there' ? [pair.from, pair.to] : [pair.to, pair.from];
  const time = floodTime(bits);
  const offered = Math.min(100e9, (bits * 1.3) / Math.max(0.1, 1 - loss));
  const frame = payloadOf(pair) + HEADERS[pair.family];
  const timeout = 30_000 + time;
  const idle = PATIENCE + Math.ceil(pair.expected.rtt / 1_000);
  const base = ['perl', '-e', program] as const;
  return [
    { machine: to, argv: [...base, 'receive', target, source, `${port}`, `${idle}`, `${time}`], timeout },
    {
      machine: from,
      argv: [
        ...base,
        'send',
        source,
        target,
        `${port}`,
        `${Math.round(offered / 8)}`,
        `${time}`,
        `${payloadOf(pair)}`,
        `${frame}`,
      ],
      timeout,
    },
  ];
}

const payloadOf = ({ expected: { mtu } }: LinkPair): number => Math.min(PAYLOAD, Math.max(100, mtu - 62));

/** Both print `datagrams seconds`; the receiver counts only after the first burst. */
export function readFlood(pair: LinkPair, way: Way, [receiver, sender]: readonly Output[]): Flood {
  const frame = (payloadOf(pair) + HEADERS[pair.family]) * 8;
  const read = (output: Output | undefined): number | undefined => {
    const [, count, seconds] = /^(\d+) ([\d.]+)$/m.exec(output?.stdout ?? '') ?? [];
    return count === undefined || Number(seconds) === 0
      ? undefined
      : (Number(count) * frame) / Number(seconds);
  };
  const trouble = [receiver, sender].flatMap((output) => troubleOf('perl', output) ?? []);
  if (trouble.length > 0) return { trouble: trouble.join(', ') };
  const [mean, sent] = [read(receiver), read(sender)];
  const arrived = nearer(pair.expected[way] ?? 0, mean, middleOf(receiver, frame));
  return { ...(arrived !== undefined && { arrived }), ...(sent !== undefined && { sent }) };
}

/** The fewest datagrams in each part of the time. */
const ENOUGH = 500;

/** The median of several parts, as a sender on a busy computer leaves gaps that are not the link's. */
function middleOf(receiver: Output | undefined, frame: number): number | undefined {
  const [, count = 0] = /^(\d+) /.exec(receiver?.stdout ?? '') ?? [];
  const [, second] = /^middle ([\d.]+)$/m.exec(receiver?.stdout ?? '') ?? [];
  return second === undefined || Number(count) < ENOUGH ? undefined : Number(second) * frame;
}

const nearer = (wanted: number, one: number | undefined, other: number | undefined): number | undefined =>
  one !== undefined && other !== undefined && Math.abs(other - wanted) < Math.abs(one - wanted) ? other : one;

/** Why a program gave no result. */
export function troubleOf(tool: string, output: Output | undefined): string | undefined {
  if (!output) return `${tool} was not run`;
  if (output.error !== undefined)
    return `${tool}: ${output.error === 'ENOENT' ? 'not installed' : output.error}`;
  if (output.exitCode === 127 || output.stderr.includes('No such file')) return `${tool}: not installed`;
  return output.timedOut ? `${tool} took too long` : undefined;
}
