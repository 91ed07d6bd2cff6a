/** The machines and NAT mappings of a running lab, with the packet counters of its rules. */
import type { Command } from '../core/command.js';
import type { Family } from '../core/ip.js';
import type { Lab, Machine } from '../model/lab.js';
import { rulesOf } from '../nat/rules/index.js';
import { hasRules, hasTable } from '../nat/rules/kind.js';
import { nftablesTitles, tableName } from '../render/nftables/index.js';
import type { Session } from '../transport/session.js';
import type { CountedRule } from '../verify/counters.js';
import { readCounters, readNftCounters } from '../verify/counters.js';

export type RuleStatus = { readonly rule: string; readonly packets: number; readonly bytes: number };
export type NatStatus = {
  readonly router: string;
  /** The line of the topology file; 0 for rules that follow from the other mappings. */
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
  // Only routers with rules are asked, as other machines may lack the programs.
  const askIf = (family: Family, isSo: typeof hasTable, argv: Command['argv']) =>
    routers.some((router) => isSo(router, family)) ? ask(argv) : [];
  const families = await Promise.all(
    FAMILIES.map(async (family) => ({
      family,
      saved: await askIf(family, hasRules, [family === 4 ? 'iptables-save' : 'ip6tables-save', '-c']),
      tables: await askIf(family, hasTable, ['nft', 'list', ...tableName(family)]),
    })),
  );
  return {
    machines: lab.machines.map(machineStatus),
    nat: routers.flatMap((router, index) =>
      families.flatMap(({ family, saved, tables }) => [
        ...natOf(router, family, lab.file, {
          table: readNftCounters(tables[index]?.stdout ?? ''),
          rules: readCounters(saved[index]?.stdout ?? ''),
        }),
      ]),
    ),
  };
}

const FAMILIES = [4, 6] as const;

/** The rules of one address family that a router has loaded. */
export type Loaded = {
  /** Of labnet's table for nft(8). */
  readonly table: readonly CountedRule[];
  /** Of iptables(8). */
  readonly rules: readonly CountedRule[];
};

/** The loaded rules of a router's mappings. */
export const natOf = (
  router: Machine,
  family: Family,
  file: string,
  { table, rules }: Loaded,
): NatStatus[] => [...tableStatus(router, family, file, table), ...natStatus(router, family, rules)];

const machineStatus = ({ name, kind, interfaces, routes }: Machine): MachineStatus => ({
  name,
  kind,
  interfaces: interfaces.map(({ name: own, segment, addresses }) => ({ name: own, segment, addresses })),
  gateways: routes.filter(({ to }) => to === 'default').map(({ via }) => via),
});

/** The loaded rules, in the order and with the titles of the topology. */
function natStatus(router: Machine, family: Family, counted: readonly CountedRule[]): NatStatus[] {
  const loaded = counted.filter(({ rule }) => rule.startsWith('-A LABNET-'));
  return rulesOf(router, family).map(({ line, title, rules }) => ({
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

/**
 * The rules of a router's table that count packets, under the mapping that each comes from: in the order of the file, as
 * the lines in their comments may be those of an earlier one, in which the same mappings were elsewhere.
 */
function tableStatus(
  router: Machine,
  family: Family,
  file: string,
  counted: readonly CountedRule[],
): NatStatus[] {
  const loaded = [...new Set(counted.map(({ rule }) => originOf(rule)))];
  const lines = loaded.filter((origin) => /:\d+$/.test(origin));
  return nftablesTitles(router, family, file).map(({ line, title, origin }) => {
    const own = line > 0 ? lines.shift() : origin;
    return { router: router.name, line, title, rules: counted.filter(({ rule }) => originOf(rule) === own) };
  });
}

/** FILE:LINE, or what else a comment begins with. */
const originOf = (rule: string): string => / comment "(\S+) /.exec(rule)?.[1] ?? '';
