/**
 * IPv4 and IPv6 addresses and prefixes as numbers.
 *
 * Text is read strictly: four decimal parts without leading zeros (RFC 6943 section 3.1.1), IPv6 as RFC 4291
 * section 2.2 without a zone; it is written as RFC 5952 says.
 */

export type Family = 4 | 6;
export type Address = { readonly family: Family; readonly value: bigint };
/** `value` is the network's first address: the bits past `length` are zero. */
export type Prefix = Address & { readonly length: number };

export const bitsOf = (family: Family): 32 | 128 => (family === 4 ? 32 : 128);

/** Four numbers up to 255. */
const DOTTED = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

export function parseAddress(text: string): Address | undefined {
  if (DOTTED.test(text)) return { family: 4, value: parse4(text) };
  if (text.includes(':') && !text.includes('%') && isIPv6(text)) return { family: 6, value: parse6(text) };
  return undefined;
}

/** node:net takes milliseconds to load, and so does the regular expression in it: only where there is an address of IPv6. */
const isIPv6 = (text: string): boolean => process.getBuiltinModule('node:net').isIPv6(text);

function parse4(text: string): bigint {
  let [sum, part] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code !== DOT) part = part * 10 + code - ZERO;
    else [sum, part] = [sum * 256 + part, 0];
  }
  return BigInt(sum * 256 + part);
}
/** Of characters. */
const [DOT, ZERO] = [46, 48];

function parse6(text: string): bigint {
  const dotted = /^(.*:)([^:]*\..*)$/.exec(text);
  if (dotted) {
    const tail = parse4(dotted[2] ?? '');
    return parse6(`${dotted[1] ?? ''}${(tail >> 16n).toString(16)}:${(tail & 0xffffn).toString(16)}`);
  }
  const [head = '', tail] = text.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = new Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

export function formatAddress({ family, value }: Address): string {
  return family === 4 ? format4(value) : format6(value);
}

function format4(value: bigint): string {
  const n = Number(value);
  return `${n >>> 24}.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}`;
}

/** RFC 5952: lower case, the longest run of two or more zero groups as `::`, the first of equals. */
function format6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(112 - 16 * i)) & 0xffffn));
  if (value >> 32n === 0xffffn) return `::ffff:${format4(value & 0xffffffffn)}`;
  const run = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (run.length < 2) return hex.join(':');
  return `${hex.slice(0, run.start).join(':')}::${hex.slice(run.start + run.length).join(':')}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}

/** `192.168.10.7/24` gives the prefix and the address as written: whether they differ is for the caller to judge. */
export function parseCidr(text: string): { prefix: Prefix; address: Address } | undefined {
  const [, host, bits] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  const address = host === undefined ? undefined : parseAddress(host);
  const length = Number(bits);
  if (!address || length > bitsOf(address.family)) return undefined;
  return { address, prefix: prefixOf(address, length) };
}

/** The same for text that is known to be valid, as everything in a resolved lab is. */
export function cidr(text: string): { prefix: Prefix; address: Address } {
  const parsed = parseCidr(text);
  if (!parsed) throw new RangeError(`not a CIDR prefix: ${text}`);
  return parsed;
}

export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed) throw new RangeError(`not an IP address: ${text}`);
  return parsed;
}

export function prefixOf({ family, value }: Address, length: number): Prefix {
  const hostBits = BigInt(bitsOf(family) - length);
  return { family, value: (value >> hostBits) << hostBits, length };
}

export const formatPrefix = (prefix: Prefix): string => `${formatAddress(prefix)}/${prefix.length}`;

/** How many addresses the prefix has. */
export const sizeOf = ({ family, length }: Prefix): bigint => 1n << BigInt(bitsOf(family) - length);

export const lastOf = (prefix: Prefix): Address => at(prefix, sizeOf(prefix) - 1n);

/** The address at an offset from the network's first. */
export const at = ({ family, value }: Prefix, offset: bigint): Address => ({ family, value: value + offset });

/** The addresses of `ADDRESS`, `FIRST-LAST` or a prefix; undefined where it is neither, or more than `most`. */
export function parseAddresses(text: string, most: number): Address[] | undefined {
  const [first, last] = endsOf(text);
  if (!first || last?.family !== first.family) return undefined;
  const many = last.value - first.value + 1n;
  if (many < 1n || many > BigInt(most)) return undefined;
  const { family, value } = first;
  return Array.from({ length: Number(many) }, (_, index) => ({ family, value: value + BigInt(index) }));
}

function endsOf(text: string): readonly [Address | undefined, Address | undefined] {
  const block = parseCidr(text)?.prefix;
  if (block) return [block, lastOf(block)];
  const [first = '', last = first] = text.split('-');
  return [parseAddress(first.trim()), parseAddress(last.trim())];
}

export const sameAddress = (a: Address, b: Address): boolean => a.family === b.family && a.value === b.value;

export function contains(prefix: Prefix, address: Address): boolean {
  if (prefix.family !== address.family) return false;
  const hostBits = BigInt(bitsOf(prefix.family) - prefix.length);
  return prefix.value >> hostBits === address.value >> hostBits;
}

export const overlaps = (a: Prefix, b: Prefix): boolean => contains(a, b) || contains(b, a);

/**
 * The first and last address a host can have. IPv4 reserves the network and the broadcast address, except in a /31
 * (RFC 3021) or /32; IPv6 reserves the subnet-router anycast address (RFC 4291 section 2.6.1) up to /126.
 */
export function hostRange(prefix: Prefix): { first: Address; last: Address } {
  const hostBits = bitsOf(prefix.family) - prefix.length;
  if (hostBits <= 1) return { first: at(prefix, 0n), last: lastOf(prefix) };
  const last = lastOf(prefix);
  return { first: at(prefix, 1n), last: prefix.family === 4 ? { ...last, value: last.value - 1n } : last };
}

export type Owned = { readonly address: Address; readonly owner: string };

/**
 * Few prefixes that hold each owner's addresses and nobody else's. At least half of each prefix is in use, so that routes
 * lead to few addresses that do not exist. All addresses are of one family.
 */
export function cover(items: readonly Owned[]): { readonly prefix: Prefix; readonly owner: string }[] {
  const sorted = [...items].sort((a, b) => compare(a.address, b.address));
  return coverSorted(sorted);
}

function coverSorted(items: readonly Owned[]): { prefix: Prefix; owner: string }[] {
  const [first, last] = [items[0], items.at(-1)];
  if (!first || !last) return [];
  const prefix = commonPrefix(first.address, last.address);
  const isOneOwners = items.every(({ owner }) => owner === first.owner);
  if (isOneOwners && BigInt(items.length) * 2n >= sizeOf(prefix)) return [{ prefix, owner: first.owner }];
  const middle = prefix.value + sizeOf(prefix) / 2n;
  const split = items.findIndex(({ address: { value } }) => value >= middle);
  return [...coverSorted(items.slice(0, split)), ...coverSorted(items.slice(split))];
}

function commonPrefix(a: Address, b: Address): Prefix {
  const differing = (a.value ^ b.value).toString(2).replace(/^0+/, '').length;
  return prefixOf(a, bitsOf(a.family) - differing);
}

/** IPv4 first, then by value. */
export const compare = (a: Address, b: Address): number =>
  a.family - b.family || (a.value < b.value ? -1 : Number(a.value > b.value));

/** Finds the longest prefix that holds an address, with one look-up for each prefix length in use. */
export class PrefixTable<T> {
  readonly #byLength = new Map<string, Map<bigint, T>>();

  add(prefix: Prefix, value: T): void {
    const key = `${prefix.family}/${prefix.length}`;
    const known = this.#byLength.get(key);
    if (known) known.set(prefix.value, value);
    else this.#byLength.set(key, new Map([[prefix.value, value]]));
  }

  find(address: Address): T | undefined {
    for (let length: number = bitsOf(address.family); length >= 0; length--) {
      const found = this.#byLength.get(`${address.family}/${length}`)?.get(prefixOf(address, length).value);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}
