/** What a running lab is made of, with the packets its rules have met. */
import type { Command } from '../core/command.js';
import type { Lab, Machine } from '../model/lab.js';
import { rulesOf } from '../nat/rules/index.js';
import { hasTable } from '../nat/rules/kind.js';
import { NFT_TABLE, nftablesTitles } from '../render/nftables/index.js';
import type { Session } from '../transport/session.js';
import { readCounters, readNftCounters } from '../verify/counters.js';

export type RuleStatus = { readonly rule: string; readonly packets: number; readonly bytes: number };
export type NatStatus = {
  readonly router: string;
  /** The line of the topology, 0 for what follows from the others. */
  readonly line: number;
  readonly title: string;
  readonly rules: readonly RuleStatus[];
};
export type MachineStatus = {
  readonly name: string;
  readonly kind: Machine['kind'];
  readonly interfaces: readonly {
    readonly name: string;
    readonly segment: string;
    readonly addresses: readonly string[];
  }[];
  readonly gateways: readonly string[];
};
export type LabStatus = { readonly machines: readonly MachineStatus[]; readonly nat: readonly NatStatus[] };

const TIMEOUT = 10_000;

export async function statusOf(lab: Lab, session: Session): Promise<LabStatus> {
  const routers = lab.machines.filter(({ nat }) => nat.length > 0);
  const ask = (argv: Command['argv']) =>
    session.run(routers.map(({ name }): Command => ({ machine: name, argv, timeout: TIMEOUT })));
  // Only routers that share an address have a table of nft's, which others need not have installed.
  const [saved, tables] = await Promise.all([
    ask(['iptables-save', '-c']),
    routers.some(hasTable) ? ask(['nft', 'list', 'table', 'ip', NFT_TABLE]) : [],
  ]);
  return {
    machines: lab.machines.map(machineStatus),
    nat: routers.flatMap((router, index) => [
      ...tableStatus(router, lab.file, tables[index]?.stdout ?? ''),
      ...natStatus(router, saved[index]?.stdout ?? ''),
    ]),
  };
}

const machineStatus = ({ name, kind, interfaces, routes }: Machine): MachineStatus => ({
  name,
  kind,
  interfaces: interfaces.map(({ name: own, segment, addresses }) => ({ name: own, segment, addresses })),
  gateways: routes.filter(({ to }) => to === 'default').map(({ via }) => via),
});

/** The rules as they are loaded, in the order and under the titles in which they were written. */
function natStatus(router: Machine, saved: string): NatStatus[] {
  const loaded = readCounters(saved).filter(({ rule }) => rule.startsWith('-A LABNET-'));
  return rulesOf(router).map(({ line, title, rules }) => ({
    router: router.name,
    line,
    title,
    rules: rules.map(({ chain, about }) => {
      const index = loaded.findIndex(({ rule }) => rule.startsWith(`-A ${chain} `) && rule.includes(about));
      const [found] = index < 0 ? [] : loaded.splice(index, 1);
      return found ?? { rule: `${about}: not loaded`, packets: 0, bytes: 0 };
    }),
  }));
}

/** The rules of a router's table that count packets, under the mapping that each comes from. */
function tableStatus(router: Machine, file: string, listed: string): NatStatus[] {
  const counted = readNftCounters(listed);
  return nftablesTitles(router, file).map(({ line, title, origin }) => ({
    router: router.name,
    line,
    title,
    rules: counted.filter(({ rule }) => rule.includes(`comment "${origin} `)),
  }));
}
