/** What packets find on their way through two 1:1 NATs: in labnet, in Mininet's shape, and in one that was made by hand. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLI } from './labnet.js';
import type { Workspace } from './labnet.js';
import { inRoot, run } from './processes.js';
import { sandboxed } from './sandbox.js';
import { medians } from './stats.js';

/** Gigabits a second, thousands of packets of 64 bytes a second that arrived, microseconds there and back. */
export type Traffic = Readonly<Record<'tcp1' | 'tcp4' | 'packets' | 'rtt', number>>;
export type DataPlane = {
  readonly labnet: Traffic;
  readonly handmade?: Traffic;
  readonly mininet?: Traffic;
};

/** Two sites. */
const HOSTS = 20;
const TRAFFIC = inRoot('test/bench/traffic.sh');

export type DataOptions = { readonly rounds: number; readonly seconds: number };

/** @param python what has Mininet, where there is one */
export async function measureDataPlane(
  workspace: Workspace,
  python: string | undefined,
  { rounds, seconds }: DataOptions,
): Promise<DataPlane> {
  const all: Record<keyof DataPlane, Traffic[]> = { labnet: [], handmade: [], mininet: [] };
  const env = { SECONDS_EACH: String(seconds) };
  const into = async (where: Traffic[], work: (folder: string) => Promise<unknown>): Promise<void> => {
    const folder = mkdtempSync(join(workspace.folder, 'traffic-'));
    await work(folder);
    where.push(readTraffic(folder));
  };
  for (let index = 0; index < rounds; index++) {
    await into(all.labnet, (folder) => throughLabnet(workspace, folder, env));
    await into(all.handmade, (folder) =>
      run(sandboxed(['sh', inRoot('test/bench/handmade.sh'), 'sh', TRAFFIC, folder]), { env }),
    );
    if (python === undefined) continue;
    const script = inRoot('test/bench/mininet_wan.py');
    await into(all.mininet, (folder) =>
      run(sandboxed([python, script, String(HOSTS), '--traffic', TRAFFIC, folder]), { env }),
    );
  }
  return {
    labnet: medians(all.labnet),
    handmade: medians(all.handmade),
    ...(all.mininet.length > 0 && { mininet: medians(all.mininet) }),
  };
}

async function throughLabnet(
  workspace: Workspace,
  folder: string,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  await workspace.up(HOSTS);
  try {
    const machine = (name: string): string => `${process.execPath} ${CLI} exec ${name} --`;
    const way = { CLIENT: machine('host-1'), SERVER: machine('host-11'), TARGET: '198.19.0.17' };
    await run(['sh', TRAFFIC, folder], { env: { LABNET_STATE_DIR: workspace.stateDir, ...env, ...way } });
  } finally {
    await workspace.down(HOSTS);
  }
}

type Sum = {
  readonly bits_per_second: number;
  readonly packets: number;
  readonly lost_packets: number;
  readonly seconds: number;
};

function readTraffic(folder: string): Traffic {
  const said = (name: string): Readonly<Record<string, Sum | undefined>> =>
    (
      JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as {
        end: Record<string, Sum | undefined>;
      }
    ).end;
  const gigabits = (name: string): number => (said(name)['sum_received']?.bits_per_second ?? NaN) / 1e9;
  const udp = said('udp')['sum'];
  const [, rtt] = /= [\d.]+\/([\d.]+)\//.exec(readFileSync(join(folder, 'ping.txt'), 'utf8')) ?? [];
  return {
    tcp1: gigabits('tcp1'),
    tcp4: gigabits('tcp4'),
    packets: udp ? (udp.packets - udp.lost_packets) / udp.seconds / 1e3 : NaN,
    rtt: Number(rtt) * 1e3,
  };
}
