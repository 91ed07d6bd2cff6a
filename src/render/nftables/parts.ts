/** What a table of nft(8) is made of, as text in pieces. */

export type Chain = {
  readonly name: string;
  /** For a chain that the kernel enters. */
  readonly hook?: string;
  readonly rules: readonly string[];
};

/** A map or set that rules fill by themselves, or that is given. */
export type Named = {
  readonly kind: 'map' | 'set';
  readonly name: string;
  readonly type: string;
  readonly elements?: readonly string[];
  /** Nothing is added but what is given. */
  readonly isGiven?: boolean;
};

export type Parts = { readonly sets: readonly Named[]; readonly chains: readonly Chain[] };

/** What the rules are about: the two protocols with ports. */
export const PORTED = 'meta l4proto { tcp, udp }';

/** Entries at most, of each map: as many as an address has ports. */
const SIZE = 65_536;

export const list = (items: readonly (string | number)[]): string =>
  items.length === 1 ? `${items[0] ?? ''}` : `{ ${items.join(', ')} }`;

export function partsText({ sets, chains }: Parts): string[] {
  return [...sets.flatMap(setText), ...chains.flatMap(chainText)];
}

const setText = ({ kind, name, type, elements = [], isGiven = false }: Named): string[] => [
  `  ${kind} ${name} {`,
  `    ${type}`,
  ...(isGiven ? [] : ['    flags dynamic,timeout', `    size ${SIZE}`]),
  ...(elements.length > 0 ? [`    elements = { ${elements.join(', ')} }`] : []),
  '  }',
];

const chainText = ({ name, hook, rules }: Chain): string[] => [
  '',
  `  chain ${name} {`,
  ...(hook === undefined ? [] : [`    type ${hook}`]),
  ...rules.map((rule) => `    ${rule}`),
  '  }',
];
