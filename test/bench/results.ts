/** What the benchmark found, as data. */
import type { DataPlane } from './dataplane.js';
import type { Growth } from './growth.js';
import type { SizeResult } from './size.js';
import type { SshResult } from './ssh.js';
import type { Startup } from './startup.js';
import { round } from './stats.js';

export type Results = {
  readonly date: string;
  readonly machine: {
    readonly kernel: string;
    readonly node: string;
    readonly processors: number;
    /** How many processes wanted to run, a minute's average before and after: other work makes times longer, ratios hardly. */
    readonly load: readonly [number, number];
  };
  readonly startup?: Startup;
  readonly sizes: readonly SizeResult[];
  readonly growth: readonly Growth[];
  readonly data?: DataPlane;
  readonly ssh?: SshResult;
  readonly ratios: Ratios;
};

/** What can be compared between machines: times against times of the same run, by name. */
export type Ratios = Readonly<Record<string, number>>;

type Found = Pick<Results, 'startup' | 'sizes' | 'growth' | 'data' | 'ssh'>;

export function ratiosOf({ startup, sizes, growth, data, ssh }: Found): Ratios {
  const entries = [
    ...sizes.flatMap((size) => ofSize(size, startup?.node)),
    ...(startup ? ofStartup(startup) : []),
    ...growth.flatMap(({ command, hosts: [few, many], cpuRatio, peakRatio }): Entry[] => [
      [`growth of ${command}, ${few} to ${many}: time a host`, cpuRatio],
      [`growth of ${command}, ${few} to ${many}: memory a host`, peakRatio],
    ]),
    ...(data ? ofData(data) : []),
    ...(ssh ? ofSsh(ssh) : []),
  ];
  const known = entries.filter((entry): entry is [string, number] => Number.isFinite(entry[1]));
  return Object.fromEntries(known.map(([name, value]) => [name, round(value)]));
}

type Entry = [string, number | undefined];

function ofSize(
  { hosts, floor, labnet, upToFloor, verify, mininet, mesh }: SizeResult,
  node: number | undefined,
): Entry[] {
  const wan = `wan-${hosts}`;
  return [
    [`${wan} labnet up / floor up`, upToFloor],
    [`${wan} labnet down / floor up`, labnet.down / floor.total],
    [`${wan} labnet up after down / up`, labnet.again / labnet.up],
    [`${wan} labnet change / up`, labnet.change / labnet.up],
    [`${wan} labnet verify / floor up`, verify / floor.total],
    // The floor's own is a few milliseconds, of which hardly two are alike.
    [`${wan} labnet down / node`, node && labnet.down / node],
    [`${wan} mesh: labnet / floor, time`, mesh && ((mesh.answered / mesh.rate) * 1e3) / mesh.floor.mesh],
    [`${wan} mesh: labnet / floor, processor time`, mesh && mesh.cpu / mesh.floor.meshProcessor],
    [`${wan} mininet up / labnet up`, mininet && mininet.up / labnet.up],
    [`${wan} mininet down / labnet down`, mininet && mininet.down / labnet.down],
  ];
}

const ofStartup = ({ node, help, validate }: Startup): Entry[] => [
  ['labnet --help / node', help / node],
  ['labnet validate / node', validate / node],
];

function ofData({ labnet, ...others }: DataPlane): Entry[] {
  return Object.entries(others).flatMap(([name, other]): Entry[] => [
    [`TCP, 1 stream: labnet / ${name}`, labnet.tcp1 / other.tcp1],
    [`TCP, 4 streams: labnet / ${name}`, labnet.tcp4 / other.tcp4],
    [`UDP packets: labnet / ${name}`, labnet.packets / other.packets],
    [`round trip: labnet / ${name}`, labnet.rtt / other.rtt],
  ]);
}

const ofSsh = ({ machines, up, again, scripts, scriptsAgain }: SshResult): Entry[] => [
  [`${machines} over SSH: labnet up / ssh`, up / scripts],
  [`${machines} over SSH: labnet up again / ssh again`, again / scriptsAgain],
];

const NOTABLE = 1.25;

/** Ratios that differ by more than a quarter from what they were; a warning, as machines differ too. */
export function differences(now: Ratios, baseline: Ratios): string[] {
  return Object.entries(now).flatMap(([name, value]) => {
    const was = baseline[name];
    if (was === undefined || Math.max(value / was, was / value) <= NOTABLE) return [];
    return [`${name}: ${value}, was ${was} in test/bench/baseline.json`];
  });
}
