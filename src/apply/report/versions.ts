/** The versions of kernel and tools that a run was made with, of this computer and of the machines. */
import { arch, release, type } from 'node:os';
import { groupBy } from '../../core/group-by.js';
import type { Lab } from '../../model/lab.js';
import { readVersion } from '../../transport/assets.js';
import type { Session } from '../../transport/session.js';

export type MachineVersions = {
  /** The machines that have these versions. */
  readonly machines: readonly string[];
  /** By program; empty where it is not installed. */
  readonly programs: Readonly<Record<string, string>>;
};

export type Versions = {
  readonly labnet: string;
  readonly node: string;
  /** Of the computer that labnet runs on. */
  readonly system: string;
  readonly driver: string;
  readonly machines: readonly MachineVersions[];
};

const PROGRAMS = {
  kernel: ['uname', '-r'],
  iptables: ['iptables', '-V'],
  nft: ['nft', '-v'],
  iproute2: ['ip', '-V'],
  tcpdump: ['tcpdump', '--version'],
} as const;
const TIMEOUT = 10_000;

export async function versionsOf(lab: Lab, driver: string, session: Session): Promise<Versions> {
  // All namespaces have this computer's kernel and programs, so that one machine is enough.
  const isShared = driver === 'netns';
  const names = lab.machines.map(({ name }) => name);
  const asked = isShared ? names.slice(0, 1) : names;
  const programs = Object.entries(PROGRAMS);
  const outputs = await session.run(
    asked.flatMap((machine) => programs.map(([, argv]) => ({ machine, argv, timeout: TIMEOUT }))),
  );
  const said = asked.map((machine, at) => ({
    machine,
    programs: Object.fromEntries(
      programs.map(([name], index) => [name, firstLine(outputs[at * programs.length + index])]),
    ),
  }));
  return {
    labnet: readVersion(),
    node: process.version,
    system: `${type()} ${release()} ${arch()}`,
    driver,
    machines: isShared ? said.map((one) => ({ machines: names, programs: one.programs })) : byPrograms(said),
  };
}

/** Some programs print their version on standard error. */
const firstLine = (output: { readonly stdout: string; readonly stderr: string } | undefined): string =>
  `${output?.stdout ?? ''}${output?.stderr ?? ''}`.trim().split('\n')[0] ?? '';

const byPrograms = (
  said: readonly { readonly machine: string; readonly programs: MachineVersions['programs'] }[],
): MachineVersions[] =>
  [...groupBy(said, ({ programs }) => JSON.stringify(programs))].map(([, some]) => ({
    machines: some.map(({ machine }) => machine),
    programs: some[0]?.programs ?? {},
  }));
