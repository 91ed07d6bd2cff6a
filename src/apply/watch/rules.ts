/** The texts of routers' rules, each with the place that identifies its counter. */
import type { Command } from '../../core/command.js';
import type { Family } from '../../core/ip.js';
import { OWN_TABLE, rulePlace } from '../../core/rule-place.js';
import type { Lab, Machine } from '../../model/lab.js';
import { hasRules, hasTable } from '../../nat/rules/kind.js';
import type { Session } from '../../transport/session.js';
import type { CountedRule } from '../../verify/counters.js';
import { readCounters, readNftCounters } from '../../verify/counters.js';
import type { WireRule } from '../../page/wire.js';
import { natOf } from '../status.js';

/** `place` is undefined for a rule that is not loaded. */
export type PlacedRule = WireRule & {
  readonly place: string | undefined;
  /** The counter in the listing of the program. */
  readonly packets: number;
  readonly bytes: number;
};

const TIMEOUT = 10_000;
const FAMILIES = [
  { family: 4, words: 'ip', save: 'iptables-save' },
  { family: 6, words: 'ip6', save: 'ip6tables-save' },
] as const;

/** Lists the rules of these routers, all at the same time. */
export async function rulesIn(
  lab: Lab,
  routers: readonly string[],
  session: Session,
): Promise<ReadonlyMap<string, readonly PlacedRule[]>> {
  const meant = lab.machines.filter(({ name }) => routers.includes(name));
  const asked = meant.flatMap((router) =>
    FAMILIES.flatMap(({ family, words, save }) => [
      ...(hasRules(router, family) ? [question(router, family, [save, '-c'])] : []),
      ...(hasTable(router, family)
        ? [question(router, family, ['nft', '-a', 'list', 'table', words, OWN_TABLE])]
        : []),
    ]),
  );
  const outputs = await session.run(asked.map(({ command }) => command));
  const said = (router: Machine, family: Family, program: RegExp): string =>
    outputs.find((_, index) => {
      const one = asked[index];
      return one?.router === router && one.family === family && program.test(one.command.argv[0]);
    })?.stdout ?? '';
  return new Map(
    meant.map((router) => [
      router.name,
      FAMILIES.flatMap(({ family, words }) =>
        placedRules(router, family, lab.file, {
          saved: placedSaved(said(router, family, /-save$/), words),
          listed: placedListed(said(router, family, /^nft$/), words),
        }),
      ),
    ]),
  );
}

const question = (router: Machine, family: Family, argv: Command['argv']) => ({
  router,
  family,
  command: { machine: router.name, argv, timeout: TIMEOUT },
});

type Placed = ReadonlyMap<CountedRule, string>;

function placedRules(
  router: Machine,
  family: Family,
  file: string,
  { saved, listed }: { readonly saved: Placed; readonly listed: Placed },
): PlacedRule[] {
  const loaded = { rules: [...saved.keys()], table: [...listed.keys()] };
  return natOf(router, family, file, loaded).flatMap(({ line, title, rules }) =>
    rules.map((rule) => ({
      router: router.name,
      line,
      title,
      ...{ packets: rule.packets, bytes: rule.bytes },
      rule: shown(rule.rule),
      place: saved.get(rule) ?? listed.get(rule),
    })),
  );
}

/** Without the comment, as the title says the same. */
const shown = (rule: string): string =>
  rule.replace(/ -m comment --comment ("[^"]*"|\S+)/, '').replace(/ comment "[^"]*"/, '');

/** Reads `iptables-save -c`: a rule's place is its position in the chain. */
export function placedSaved(text: string, family: 'ip' | 'ip6'): Placed {
  const counted = new Map<string, number>();
  let table = '';
  return new Map(
    text.split('\n').flatMap((line) => {
      if (line.startsWith('*')) table = line.slice(1);
      const [rule] = readCounters(line);
      if (!rule) return [];
      const chain = /^-A (\S+)/.exec(rule.rule)?.[1] ?? '';
      const nth = (counted.get(`${table} ${chain}`) ?? 0) + 1;
      counted.set(`${table} ${chain}`, nth);
      return [[rule, rulePlace({ family, table, chain, nth, handle: 0 })] as const];
    }),
  );
}

const HANDLE = / # handle (\d+)$/;

/** Reads `nft -a list table` of labnet's own table. */
export const placedListed = (text: string, family: 'ip' | 'ip6'): Placed =>
  new Map(
    text.split('\n').flatMap((line) => {
      const handle = Number(HANDLE.exec(line)?.[1] ?? 0);
      const place = { family, table: OWN_TABLE, chain: '', nth: 0, handle };
      return readNftCounters(line.replace(HANDLE, '')).map((rule) => [rule, rulePlace(place)] as const);
    }),
  );
