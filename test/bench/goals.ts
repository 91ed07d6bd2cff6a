/** What labnet wants to be, checked against what was measured; none of them fails the run. */
import type { Ratios, Results } from './results.js';
import type { SshResult } from './ssh.js';

type Goal = readonly [text: string, ratio: string, isReached: (value: number) => boolean];

const atMost =
  (most: number) =>
  (value: number): boolean =>
    value <= most;
const atLeast =
  (least: number) =>
  (value: number): boolean =>
    value >= least;

const GOALS: readonly Goal[] = [
  ['up of wan-1000 at most 1.25x the floor', 'wan-1000 labnet up / floor up', atMost(1.25)],
  ['up of wan-100 at most 2.5x the floor', 'wan-100 labnet up / floor up', atMost(2.5)],
  ['up of wan-1000 25x as fast as Mininet', 'wan-1000 mininet up / labnet up', atLeast(25)],
  ['down of wan-1000 at most 0.2x of the floor’s up', 'wan-1000 labnet down / floor up', atMost(0.2)],
  ['up of wan-1000 right after down at most 2x', 'wan-1000 labnet up after down / up', atMost(2)],
  ['labnet --help at most 2.2x node', 'labnet --help / node', atMost(2.2)],
  ['labnet validate at most 2.2x node', 'labnet validate / node', atMost(2.2)],
  ['TCP at least 1.15x Mininet’s shape', 'TCP, 1 stream: labnet / mininet', atLeast(1.15)],
  ['TCP at least 0.95x of one made by hand', 'TCP, 1 stream: labnet / handmade', atLeast(0.95)],
];

const LARGE = 1000;
const PEAK_MB = 100;
const IDLE_MB = 3;
const GROWTH = 1.5;
const MESH_RATE = 25_000;

export function goalsText({ sizes, ratios, growth, ssh }: Results): string[] {
  const large = sizes.find(({ hosts }) => hosts === LARGE);
  const byRatio = GOALS.flatMap(([text, name, isReached]) => {
    const value = ratios[name];
    return value === undefined ? [] : [line(`${text} (${value})`, isReached(value))];
  });
  const answered = sizes.every(({ answers }) => answers.answered === answers.hosts);
  return [
    ...(sizes.length > 0 ? [line('every host gets an answer', answered)] : []),
    ...byRatio,
    ...(large?.mesh
      ? [
          line(
            `every pair of wan-${LARGE} answers, at least ${MESH_RATE} a second (${large.mesh.rate})`,
            large.mesh.answered === large.mesh.pairs && large.mesh.rate >= MESH_RATE,
          ),
        ]
      : []),
    ...(large ? memoryGoals(large.memory.peak, large.memory.idle) : []),
    ...(ssh ? sshGoals(ssh, ratios) : []),
    ...growth.map(({ command, cpuRatio, peakRatio }) =>
      line(
        `${command}: time a host at most ${GROWTH}x in the larger lab (${cpuRatio}), memory too (${peakRatio})`,
        Math.max(cpuRatio, peakRatio) <= GROWTH,
      ),
    ),
  ];
}

/** A look at what is there is about a kilobyte, beside the handshake's. */
const LOOK_KB = 15;

const sshGoals = ({ machines, first, second }: SshResult, ratios: Ratios): string[] => {
  const value = ratios[`${machines} over SSH: labnet up / ssh`] ?? NaN;
  return [
    line(`up over SSH at least as fast as ssh with the same scripts (${value}x)`, value <= 1),
    line('one handshake a machine', first.handshakes === 1 && second.handshakes === 1),
    line(`another up sends nothing that is there (${second.kilobytes} kB)`, second.kilobytes < LOOK_KB),
  ];
};

const memoryGoals = (peak: number, idle: number): string[] => [
  line(`up of wan-${LARGE} within ${PEAK_MB} MB (${peak})`, peak <= PEAK_MB),
  line(`idle wan-${LARGE} within ${IDLE_MB} MB (${idle})`, idle <= IDLE_MB),
];

const line = (goal: string, isReached: boolean): string => `${isReached ? 'reached' : 'missed '}  ${goal}`;
