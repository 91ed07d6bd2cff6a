/** A hundred settings of a link, one after the other: each parameter is another one each time. */

/** What is set of one direction, and what of it pings can tell. */
export type Way = {
  readonly settings: readonly string[];
  /** Milliseconds. */
  readonly delay: number;
  readonly jitter: number;
  /** Shares of packets, 0 to 1. */
  readonly lost: number;
  readonly corrupt: number;
};
export type Turn = { readonly up: Way; readonly down: Way; readonly mtu: number };

export const TURNS = 100;

/** Next to each other far apart: what was not done shows. */
const DELAYS = [5, 45, 12, 60, 20, 70, 8, 35, 55, 25];
/** Each for ten turns: another kind is another tree of qdiscs, which is built anew. */
const QUEUES = ['drop-tail', 'fq-codel', 'red', 'cake', 'packets'];
const DISTRIBUTIONS = ['uniform', 'normal', 'pareto', 'paretonormal'];

const at = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;

export const turn = (index: number): Turn => ({
  up: way('up', index, at(DELAYS, index)),
  down: way('down', index, at(DELAYS, index * 3 + 1)),
  mtu: 1_400 + 20 * (index % 5),
});

function way(name: 'up' | 'down', index: number, delay: number): Way {
  const jitter = 0.5 + 0.5 * (index % 4);
  const [loss, corrupt] = [(1 + (index % 4)) / 5, (1 + (index % 3)) / 10];
  const settings = [
    `delay=${delay}ms`,
    `jitter.value=${jitter}ms`,
    `jitter.distribution=${at(DISTRIBUTIONS, Math.floor(index / 25))}`,
    `jitter.correlation=${5 + (index % 6)}%`,
    ...(index % 5 === 4
      ? [`loss.mean=${loss}%`, `loss.burst=${2 + (index % 3)}`]
      : [`loss.random=${loss}%`, `loss.correlation=${1 + (index % 7)}%`]),
    `rate=${6 + (index % 9)}mbit`,
    `burst=${8 + 2 * (index % 10)}kB`,
    ...queue(index),
    `reorder.random=${1 + (index % 5)}%`,
    `reorder.correlation=${1 + (index % 8)}%`,
    `reorder.gap=${1 + (index % 3)}`,
    `duplicate.random=${0.5 + 0.5 * (index % 3)}%`,
    `duplicate.correlation=${1 + (index % 5)}%`,
    `corrupt.random=${corrupt}%`,
    `corrupt.correlation=${1 + (index % 4)}%`,
  ];
  return {
    settings: settings.map((one) => `${name}.${one}`),
    delay,
    jitter,
    lost: loss / 100,
    corrupt: corrupt / 100,
  };
}

function queue(index: number): readonly string[] {
  const kind = at(QUEUES, Math.floor(index / 10));
  if (kind === 'packets') return [`queue=${60 + 10 * (index % 10)} packets`];
  return [`queue.kind=${kind}`, `queue.length=${60 + 10 * (index % 10)}ms`];
}
