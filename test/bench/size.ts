/** Labs of one size, of labnet, the floor and Mininet, in turn. */
import type { Answers } from './answers.js';
import { pingAll } from './answers.js';
import type { FloorMesh, FloorRound } from './floor.js';
import { floorMesh, floorRound } from './floor.js';
import type { LabnetRound, Workspace } from './labnet.js';
import { labnetRound } from './labnet.js';
import { idleMemory, kernelMemory } from './memory.js';
import type { MininetRound } from './mininet.js';
import { mininetRound } from './mininet.js';
import type { BenchOptions } from './options.js';
import { settle } from './settle.js';
import { median, medians, round } from './stats.js';
import { wanName } from './wan.js';

/** Medians; times in milliseconds. */
export type SizeResult = {
  readonly hosts: number;
  readonly floor: FloorRound;
  readonly labnet: LabnetRound;
  /** labnet's `up` to the floor's, of each round: the computer's pace changes, but hardly within one. */
  readonly upToFloor: number;
  readonly mininet?: MininetRound;
  /** `labnet verify` of gateways and published addresses. */
  readonly verify: number;
  readonly answers: Answers;
  readonly mesh?: Mesh;
  readonly memory: Memory;
};

/** `labnet verify --mesh`: ordered pairs, and how many a second, of one run that is not cut short. */
export type Mesh = {
  readonly pairs: number;
  readonly answered: number;
  readonly again: number;
  readonly rate: number;
  /** Milliseconds of processor time, of the whole command. */
  readonly cpu: number;
  readonly floor: FloorMesh;
};

/** Megabytes (10^6 bytes), of the kernel kilobytes a host. */
export type Memory = {
  /** Resident at most in `labnet up`, of all its node processes together. */
  readonly peak: number;
  /** The same of `labnet verify`. */
  readonly verify: number;
  /** Of the processes of a lab that nobody uses. */
  readonly idle: number;
  readonly kernelAHost: number;
};

const MEGABYTE = 1e6;
const KILOBYTE = 1e3;

type Looks = { verify: number[]; idle: number[]; answers?: Answers; mesh?: Mesh };

/** One of each a round, so that what else the machine does meets all of them. */
export async function measureSize(
  hosts: number,
  { rounds, mininetRounds, parts }: BenchOptions,
  {
    workspace,
    python,
    say,
  }: { workspace: Workspace; python: string | undefined; say: (text: string) => void },
): Promise<SizeResult> {
  const floor: FloorRound[] = [];
  const labnet: LabnetRound[] = [];
  const mininet: MininetRound[] = [];
  const looks: Looks = { verify: [], idle: [] };
  await settle();
  for (let index = 0; index < rounds; index++) {
    say(`wan-${hosts}, round ${index + 1} of ${rounds}`);
    floor.push(await floorRound(hosts));
    labnet.push(await labnetRound(workspace, hosts, () => look(workspace, hosts, looks, parts.has('mesh'))));
    if (python !== undefined && index < mininetRounds(hosts)) mininet.push(await mininetRound(python, hosts));
  }
  if (!looks.answers) throw new Error('no round, no answers');
  return {
    hosts,
    floor: medians(floor),
    labnet: medians(labnet),
    upToFloor: median(labnet.map(({ up }, index) => up / (floor[index]?.total ?? NaN))),
    ...(mininet.length > 0 && { mininet: medians(mininet) }),
    verify: round(median(looks.verify)),
    answers: looks.answers,
    ...(looks.mesh && { mesh: looks.mesh }),
    memory: { idle: round(median(looks.idle) / MEGABYTE), ...(await memoryOf(workspace, hosts)) },
  };
}

async function look(workspace: Workspace, hosts: number, looks: Looks, withMesh: boolean): Promise<void> {
  const only = ['--only', 'gateway,published'];
  looks.verify.push((await workspace.labnet(['verify', wanName(hosts), ...only])).milliseconds);
  looks.idle.push(idleMemory(hosts, workspace.stateDir));
  looks.answers ??= await pingAll(hosts, workspace.stateDir);
  if (withMesh) looks.mesh ??= await meshOf(workspace, hosts);
}

async function meshOf(workspace: Workspace, hosts: number): Promise<Mesh> {
  let stdout = '';
  const { cpu } = await workspace.cost(async (options) => {
    const ended = await workspace.labnet(['verify', wanName(hosts), '--mesh', '--json'], options);
    ({ stdout } = ended);
    return ended;
  });
  const said = JSON.parse(stdout) as Readonly<Record<'pairs' | 'answered' | 'again' | 'duration', number>>;
  const { pairs, answered, again, duration } = said;
  const rate = round((answered / duration) * 1e3);
  return { pairs, answered, again, rate, cpu: round(cpu), floor: await floorMesh(hosts) };
}

async function memoryOf(workspace: Workspace, hosts: number): Promise<Omit<Memory, 'idle'>> {
  const before = kernelMemory();
  const { peak } = await workspace.cost((options) => workspace.up(hosts, options));
  const kernel = kernelMemory() - before;
  const verify = await workspace.cost((options) => workspace.labnet(['verify', wanName(hosts)], options));
  await workspace.down(hosts);
  await settle();
  return { peak: round(peak), verify: round(verify.peak), kernelAHost: round(kernel / hosts / KILOBYTE) };
}
