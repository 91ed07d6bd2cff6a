/** Connections of NAT mappings that were removed: connection tracking goes on translating them until they are deleted. */
import { deepEqual } from '../core/deep-equal.js';
import type { Command } from '../core/command.js';
import type { Lab, Mapping } from '../model/lab.js';
import { viewOf } from '../model/view.js';
import { readForget } from '../transport/assets.js';

const TIMEOUT = 30_000;
const NUMBERS = { tcp: 6, udp: 17 } as const;

/** Arguments for forget.pl, by router: which connections to delete. */
export type Stale = Readonly<Record<string, readonly string[]>>;

/** The mappings that `before` has and `after` has not, by router. */
export function staleIn(before: Lab, after: Lab): Stale {
  const now = viewOf(after).machines;
  return Object.fromEntries(
    before.machines.flatMap(({ name, nat }) => {
      const kept = now.get(name)?.nat ?? [];
      if (nat.length === 0 || deepEqual(nat, kept, 'line')) return [];
      const texts = new Set(kept.map(textOf));
      const words = nat.filter((mapping) => !texts.has(textOf(mapping))).flatMap(wordsOf);
      return words.length === 0 ? [] : [[name, words] as const];
    }),
  );
}

export const mergeStale = (one: Stale, other: Stale): Stale =>
  Object.fromEntries(
    [...new Set([...Object.keys(one), ...Object.keys(other)])].map((name) => [
      name,
      [...new Set([...(one[name] ?? []), ...(other[name] ?? [])])],
    ]),
  );

/** Commands that delete those connections, for the routers that still exist. */
export const forgetCommands = (stale: Stale, lab: Lab): Command[] =>
  Object.entries(stale).flatMap(([machine, words]) =>
    viewOf(lab).machines.has(machine)
      ? [{ machine, argv: ['perl', '-e', readForget(), '--', ...words] as const, timeout: TIMEOUT }]
      : [],
  );

/** Without its line, as a mapping may move in the file. */
const textOf = (mapping: Mapping): string => JSON.stringify({ ...mapping, line: 0 });

/** In the syntax of forget.pl. Connections of a masquerade mapping are kept when it changes. */
function wordsOf(mapping: Mapping): string[] {
  if (mapping.kind === 'static') return [mapping.inside.address, mapping.public];
  if (mapping.kind !== 'forward') return [];
  const { protocol, public: shown, ports } = mapping;
  return [`${NUMBERS[protocol]}:${shown}:${ports.first}-${ports.last}`];
}
