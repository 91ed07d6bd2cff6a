/** What a router's connection tracking remembers of mappings that it no longer has, and goes on translating by. */
import { alike } from '../core/alike.js';
import type { Command } from '../core/command.js';
import type { Lab, Mapping } from '../model/lab.js';
import { viewOf } from '../model/view.js';
import { readForget } from '../transport/assets.js';

const TIMEOUT = 30_000;
const NUMBERS = { tcp: 6, udp: 17 } as const;

/** Words for forget.pl, by router. */
export type Stale = Readonly<Record<string, readonly string[]>>;

/** Of each router whose mappings are others in the one lab than in the other, those it had. */
export function staleIn(before: Lab, after: Lab): Stale {
  const now = viewOf(after).machines;
  return Object.fromEntries(
    before.machines.flatMap(({ name, nat }) => {
      const kept = now.get(name)?.nat ?? [];
      if (nat.length === 0 || alike(nat, kept, 'line')) return [];
      const texts = new Set(kept.map(textOf));
      const words = nat.filter((mapping) => !texts.has(textOf(mapping))).flatMap(wordsOf);
      return words.length === 0 ? [] : [[name, words] as const];
    }),
  );
}

export const both = (one: Stale, other: Stale): Stale =>
  Object.fromEntries(
    [...new Set([...Object.keys(one), ...Object.keys(other)])].map((name) => [
      name,
      [...new Set([...(one[name] ?? []), ...(other[name] ?? [])])],
    ]),
  );

/** What makes the routers that are there forget those connections. */
export const forgetCommands = (stale: Stale, lab: Lab): Command[] =>
  Object.entries(stale).flatMap(([machine, words]) =>
    viewOf(lab).machines.has(machine)
      ? [{ machine, argv: ['perl', '-e', readForget(), '--', ...words] as const, timeout: TIMEOUT }]
      : [],
  );

/** But for its place in the file. */
const textOf = (mapping: Mapping): string => JSON.stringify({ ...mapping, line: 0 });

/** As forget.pl has them. A shared address goes on with the connections that it has, whatever is to come. */
function wordsOf(mapping: Mapping): string[] {
  if (mapping.kind === 'static') return [mapping.inside.address, mapping.public];
  if (mapping.kind !== 'forward') return [];
  const { protocol, public: shown, ports } = mapping;
  return [`${NUMBERS[protocol]}:${shown}:${ports.first}-${ports.last}`];
}
