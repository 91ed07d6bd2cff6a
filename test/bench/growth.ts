/** What each command costs a host, in a large lab and in one a tenth of it: they should be the same. */
import { join } from 'node:path';
import type { Cost, Workspace } from './labnet.js';
import { medians, round } from './stats.js';
import { wanName } from './wan.js';

/** Of one command, the larger lab's cost a host in terms of the smaller one's; the costs themselves are medians. */
export type Growth = {
  readonly command: string;
  /** Hosts of the small lab and of the large one. */
  readonly hosts: readonly [number, number];
  readonly small: Cost;
  readonly large: Cost;
  readonly cpuRatio: number;
  readonly peakRatio: number;
};

type Command = {
  readonly name: string;
  readonly args: (workspace: Workspace, hosts: number) => readonly string[];
};

const PURE: readonly Command[] = [
  { name: 'validate', args: (workspace, hosts) => ['validate', workspace.topology(hosts)] },
  {
    name: 'validate --model --json',
    args: (workspace, hosts) => ['validate', workspace.topology(hosts), '--model', '--json'],
  },
  { name: 'plan', args: (workspace, hosts) => ['plan', workspace.topology(hosts)] },
  { name: 'plan --json', args: (workspace, hosts) => ['plan', workspace.topology(hosts), '--json'] },
  {
    name: 'render',
    args: (workspace, hosts) => [
      'render',
      workspace.topology(hosts),
      '--out',
      join(workspace.folder, `out-${hosts}`),
    ],
  },
  {
    name: 'render --driver vagrant',
    args: (workspace, hosts) => [
      ...['render', workspace.topology(hosts), '--driver', 'vagrant'],
      ...['--out', join(workspace.folder, `vagrant-${hosts}`)],
    ],
  },
];

/** Of a lab that runs. */
const LIVE: readonly Command[] = [
  { name: 'list --json', args: () => ['list', '--json'] },
  { name: 'status', args: (_, hosts) => ['status', wanName(hosts)] },
  { name: 'status --json', args: (_, hosts) => ['status', wanName(hosts), '--json'] },
  { name: 'verify --only gateway', args: (_, hosts) => ['verify', wanName(hosts), '--only', 'gateway'] },
];

export type GrowthOptions = {
  readonly growthSizes: readonly [number, number];
  readonly rounds: number;
};

export async function measureGrowth(
  workspace: Workspace,
  { growthSizes, rounds }: GrowthOptions,
): Promise<Growth[]> {
  const found = new Map<string, { readonly small: Cost[]; readonly large: Cost[] }>();
  const add = async ({ name, args }: Command, hosts: number): Promise<void> => {
    const both = found.get(name) ?? { small: [], large: [] };
    found.set(name, both);
    const cost = await workspace.cost((options) => workspace.labnet(args(workspace, hosts), options));
    both[hosts === growthSizes[0] ? 'small' : 'large'].push(cost);
  };
  for (let index = 0; index < rounds; index++)
    for (const command of PURE) for (const hosts of growthSizes) await add(command, hosts);
  for (const hosts of growthSizes) {
    await workspace.up(hosts);
    for (let index = 0; index < rounds; index++) for (const command of LIVE) await add(command, hosts);
    await workspace.down(hosts);
  }
  const [few, many] = growthSizes;
  return [...found].map(([command, both]) =>
    growthOf(command, [few, many], medians(both.small), medians(both.large)),
  );
}

export const growthOf = (command: string, hosts: Growth['hosts'], small: Cost, large: Cost): Growth => ({
  command,
  hosts,
  small,
  large,
  cpuRatio: round((large.cpu * hosts[0]) / (small.cpu * hosts[1])),
  peakRatio: round((large.peak * hosts[0]) / (small.peak * hosts[1])),
});
