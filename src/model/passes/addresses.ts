/** An address for every interface: the written ones first, then the lowest free ones, routers before hosts. */
import type { Address, Family, Prefix } from '../../core/ip.js';
import {
  address as read,
  at,
  bitsOf,
  compare,
  contains,
  formatAddress,
  formatPrefix,
  hostRange,
  lastOf,
  parseAddress,
  parseCidr,
} from '../../core/ip.js';
import type { WrittenNat } from '../../topology/schema.js';
import type { Draft, DraftInterface, DraftSegment, Pass } from '../draft.js';
import { FAMILIES, segmentsNamed, writtenRouter } from '../draft.js';
import type { Misplaced } from '../misplaced.js';
import { MISPLACED, misplaced } from '../misplaced.js';

export const assignAddresses: Pass = (draft) => {
  const all = [...draft.machines.values()].flatMap(({ interfaces }) => interfaces);
  for (const one of all) for (const family of FAMILIES) assignWritten(draft, one, family);
  const pools: Pools = { past: pastNat(draft), cursors: new Map(), exhausted: new Set() };
  for (const one of all) for (const family of FAMILIES) assignNext(draft, one, family, pools);
};

type Pools = {
  /** The first value from this address on that NAT does not keep for itself. */
  readonly past: (address: Address) => bigint;
  /** Where each pool goes on looking. */
  readonly cursors: Map<Prefix, bigint>;
  readonly exhausted: Set<Prefix>;
};

function assignWritten(draft: Draft, one: DraftInterface, family: Family): void {
  const text = one.written[family];
  if (text === undefined) return;
  const prefix = one.segment.prefixes[family];
  const own = ownAddress(draft, one, read(text), family);
  const wrong = prefix && own ? misplaced(prefix, own) : ('address-outside-segment' as const);
  if (own && !wrong) take(draft, one, own);
  else {
    sayMisplaced(draft, one, text, wrong ?? 'address-outside-segment');
    draft.damaged.add(one.machine.path.join('/'));
  }
}

function sayMisplaced(
  draft: Draft,
  { segment, machine, path }: DraftInterface,
  text: string,
  wrong: Misplaced,
): void {
  const family = text.includes(':') ? 6 : 4;
  const prefix = segment.prefixes[family];
  if (!prefix) {
    const key = family === 4 ? 'subnet' : 'subnet6';
    const fix = `add '${key}' to it, or use an IPv${family === 4 ? 6 : 4} address`;
    draft.report(wrong, `segment ${segment.name} has no IPv${family} subnet`, path, { fix });
    return;
  }
  const { first: low, last: high } = hostRange(prefix);
  const range = `use an address from ${formatAddress(low)} to ${formatAddress(high)}, or 'auto'`;
  const { group } = machine;
  const where = `${segment.name} (${formatPrefix(prefix)})`;
  if (group && group.index > 0) {
    const message = `counted from ${text} on, ${group.name} goes past the addresses of ${where}`;
    draft.report('pool-exhausted', message, path, { fix: 'start lower, count less, or use a larger subnet' });
  } else draft.report(wrong, `${text} is ${MISPLACED[wrong]} ${where}`, path, { fix: range });
}

/** A counted machine's share of a written address: the same place in its own segment, plus its rank there. */
function ownAddress(
  draft: Draft,
  { segment, machine }: DraftInterface,
  written: Address,
  family: Family,
): Address | undefined {
  const siblings = segmentsNamed(draft, segment.group?.name ?? segment.name);
  const home = siblings[0]?.prefixes[family];
  const own = segment.prefixes[family];
  if (!home || !own || !contains(home, written)) return undefined;
  const { group } = machine;
  const rank = group ? group.index % Math.max(1, Math.floor(group.count / siblings.length)) : 0;
  return at(own, written.value - home.value + BigInt(rank));
}

function take(draft: Draft, one: DraftInterface, address: Address): void {
  const { segment, machine, path } = one;
  const text = formatAddress(address);
  const owner = segment.taken.get(text);
  if (owner !== undefined) {
    draft.report('duplicate-address', `${text} is the address of ${owner} already`, path, {
      fix: "use another address, or 'auto'",
    });
    return;
  }
  segment.taken.set(text, machine.name);
  one.addresses[address.family] = address;
}

/** Addresses that `public:` names: the pool leaves them free. */
function pastNat(draft: Draft): Pools['past'] {
  // Once for all members of a counted router; a list entry that could not be read is undefined.
  const written = new Set<WrittenNat | undefined>(
    draft.routers.flatMap((one) => writtenRouter(one).nat ?? []),
  );
  const texts = [...written].flatMap((nat) => (nat && 'public' in nat ? (nat.public ?? []) : []));
  const single = new Set(texts.flatMap((text) => parseAddress(text) ?? []).map(formatAddress));
  const blocks = merged(
    texts.flatMap((text) => {
      const block = parseCidr(text)?.prefix;
      if (block) return [{ first: block, last: lastOf(block) }];
      const [first, last] = text.split('-').map((end) => parseAddress(end.trim()));
      return first && last?.family === first.family ? [{ first, last }] : [];
    }),
  );
  return (address) => {
    const block = blockAt(blocks, address);
    if (block) return block.last.value + 1n;
    return single.has(formatAddress(address)) ? address.value + 1n : address.value;
  };
}

type Block = { readonly first: Address; readonly last: Address };

/** In the order of addresses, none in another: thousands may be written. */
function merged(blocks: readonly Block[]): Block[] {
  const sorted = [...blocks].sort((a, b) => compare(a.first, b.first));
  const apart: Block[] = [];
  for (const { first, last } of sorted) {
    const before = apart.at(-1);
    if (before && compare(first, before.last) <= 0) {
      if (compare(last, before.last) > 0) apart.splice(-1, 1, { first: before.first, last });
    } else apart.push({ first, last });
  }
  return apart;
}

function blockAt(blocks: readonly Block[], address: Address): Block | undefined {
  let [low, high] = [0, blocks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const block = blocks[middle];
    if (block && compare(block.last, address) < 0) low = middle + 1;
    else high = middle;
  }
  const found = blocks[low];
  return found && compare(found.first, address) <= 0 ? found : undefined;
}

function assignNext(draft: Draft, one: DraftInterface, family: Family, pools: Pools): void {
  const { segment } = one;
  const prefix = segment.prefixes[family];
  if (!prefix || one.addresses[family] || one.written[family] !== undefined) return;
  const { first: low, last: high } = hostRange(prefix);
  const value = nextFree(segment, family, pools.cursors.get(prefix) ?? low.value, high.value, pools);
  pools.cursors.set(prefix, value + 1n);
  if (value <= high.value) take(draft, one, { family, value });
  else exhausted(draft, one, prefix, pools);
}

function nextFree(
  { taken }: DraftSegment,
  family: Family,
  from: bigint,
  to: bigint,
  { past }: Pools,
): bigint {
  let value = from;
  while (value <= to) {
    const next = past({ family, value });
    if (next === value && !taken.has(formatAddress({ family, value }))) return value;
    value = next === value ? value + 1n : next;
  }
  return value;
}

/** Said once a segment: the next thousand machines have the same message. */
function exhausted(
  draft: Draft,
  { segment, machine, path }: DraftInterface,
  prefix: Prefix,
  pools: Pools,
): void {
  if (pools.exhausted.has(prefix)) return;
  pools.exhausted.add(prefix);
  const wanted = segment.interfaces.length;
  const message = `${segment.name} (${formatPrefix(prefix)}) has no address left for ${machine.name}: ${wanted} machines are on it`;
  const length = bitsOf(prefix.family) - Math.ceil(Math.log2(wanted + 2));
  draft.report('pool-exhausted', message, path, {
    fix: `use a larger subnet: a /${Math.min(prefix.length - 1, length)} would do`,
  });
}
