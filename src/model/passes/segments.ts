/** Written segments to segments with prefixes, counted ones to as many. */
import type { Family, Prefix } from '../../core/ip.js';
import {
  formatPrefix,
  overlaps,
  parseAddress,
  parseCidr,
  prefixOf,
  sizeOf,
  at,
  bitsOf,
  cidr,
} from '../../core/ip.js';
import { memoized } from '../../core/memo.js';
import { NAME } from '../../core/name.js';
import type { WrittenSegment } from '../../topology/schema.js';
import { MAX_COUNT } from '../../topology/schema.js';
import type { Part, Path } from '../../topology/source.js';
import type { Draft, DraftSegment, Pass } from '../draft.js';
import { FAMILIES } from '../draft.js';

type Long = Exclude<WrittenSegment, string>;
type Prefixes = Partial<Record<Family, Prefix>>;

export const expandSegments: Pass = (draft) => {
  const all = Object.entries(draft.topology.segments);
  if (isTooMany(draft, all)) return;
  for (const [name, written] of all) {
    const path = ['segments', name];
    if (!checkName(draft, name, path)) continue;
    const long: Long = typeof written === 'string' ? shortForm(written) : written;
    const prefixes = readPrefixes(draft, name, written, long);
    if (!prefixes) draft.damaged.add(`segments/${name}`);
    else add(draft, name, path, long, prefixes);
  }
};

function isTooMany(draft: Draft, all: readonly (readonly [string, WrittenSegment])[]): boolean {
  const countOf = (written: WrittenSegment): number =>
    typeof written === 'string' ? 1 : (written.count ?? 1);
  const total = all.reduce((sum, [, written]) => sum + countOf(written), 0);
  const most = all.find(([, written]) => countOf(written) > total / 2);
  if (total <= MAX_COUNT) return false;
  const path = most ? ['segments', most[0], 'count'] : ['segments'];
  const message = `${total} segments are more than the ${MAX_COUNT} that labnet brings up`;
  draft.report('too-many-machines', message, path, { fix: 'lower the counts' });
  draft.damaged.add('segments');
  return true;
}

export function checkName(draft: Draft, name: string, path: Path, part: Part = 'key'): boolean {
  if (NAME.test(name)) return true;
  draft.report('bad-name', `'${name.slice(0, 40)}' cannot be a name`, path, {
    part,
    fix: 'start with a letter and use letters, digits and hyphens, 31 characters at most',
  });
  draft.damaged.add(path.join('/'));
  return false;
}

const shortForm = (text: string): Long => (text.includes(':') ? { subnet6: text } : { subnet: text });

function readPrefixes(draft: Draft, name: string, written: WrittenSegment, long: Long): Prefixes | undefined {
  const path = ['segments', name];
  if (long.subnet === undefined && long.subnet6 === undefined) {
    if (!draft.damaged.has(`segments/${name}`)) {
      draft.report('missing-key', `segment ${name} has no subnet`, path, {
        part: 'key',
        fix: `write '${name}: 192.168.10.0/24', or add 'subnet' or 'subnet6'`,
      });
    }
    return undefined;
  }
  const read = (family: Family, key: 'subnet' | 'subnet6'): Prefix | undefined | false => {
    const text = long[key];
    return text === undefined
      ? undefined
      : (readPrefix(draft, family, text, typeof written === 'string' ? path : [...path, key]) ?? false);
  };
  const [four, six] = [read(4, 'subnet'), read(6, 'subnet6')];
  if (four === false || six === false) return undefined;
  return { ...(four && { 4: four }), ...(six && { 6: six }) };
}

function readPrefix(draft: Draft, family: Family, text: string, path: Path): Prefix | undefined {
  const parsed = parseCidr(text);
  if (!parsed) {
    draft.report('bad-address', `'${text}' is not an IP prefix`, path, { fix: fixPrefix(text, family) });
    return undefined;
  }
  const { prefix, address } = parsed;
  if (prefix.family !== family) {
    draft.report('wrong-family', `'${text}' is IPv${prefix.family}`, path, {
      fix: prefix.family === 6 ? "write it as 'subnet6'" : "write it as 'subnet'",
    });
    return undefined;
  }
  if (address.value !== prefix.value) {
    draft.report('host-bits-set', `'${text}' is an address inside a subnet, not a subnet`, path, {
      fix: `did you mean '${formatPrefix(prefix)}'?`,
    });
  }
  return isUsable(draft, prefix, path) ? prefix : undefined;
}

function fixPrefix(text: string, family: Family): string {
  const withLength = parseCidr(`${text}/${family === 4 ? 24 : 64}`);
  const withMask = withoutMask(text);
  if (withMask) return `write the length of the prefix in place of the mask: '${withMask}'`;
  if (withLength) return `add the length of the prefix, such as '${formatPrefix(withLength.prefix)}'`;
  const [address = '', length = ''] = text.split('/');
  const most = address.includes(':') ? 128 : 32;
  if (parseAddress(address) && /^\d+$/.test(length) && Number(length) > most)
    return `the length of the prefix is ${most} at most, such as '${address}/${family === 4 ? 24 : 64}'`;
  const decimal = address.replace(/(^|\.)0+(?=\d)/g, '$1');
  if (decimal !== address && parseCidr(`${decimal}/${length}`))
    return `write numbers without zeros in front, which some programs read as octal: '${decimal}/${length}'`;
  return family === 4
    ? 'write four numbers up to 255 and a length, such as 192.168.10.0/24'
    : 'write a prefix such as 2001:db8::/64';
}

/** `10.0.0.0/255.255.255.0`, as other programs have it. */
function withoutMask(text: string): string | undefined {
  const [network = '', mask = ''] = text.split(/[/ ]+/);
  const bits = parseAddress(mask)?.value.toString(2) ?? '';
  if (!/^1*0*$/.test(bits) || bits.length !== 32) return undefined;
  const parsed = parseCidr(`${network}/${bits.replaceAll('0', '').length}`);
  return parsed && formatPrefix(parsed.prefix);
}

const RESERVED: Readonly<Record<Family, readonly (readonly [text: string, what: string])[]>> = {
  4: [
    ['0.0.0.0/8', '"this network" (RFC 1122)'],
    ['127.0.0.0/8', 'loopback (RFC 1122)'],
    ['169.254.0.0/16', 'link-local (RFC 3927)'],
    ['224.0.0.0/3', 'multicast and reserved (RFC 5771, RFC 1112)'],
  ],
  6: [
    ['::/96', 'unspecified, loopback and IPv4-compatible (RFC 4291)'],
    ['::ffff:0:0/96', 'IPv4-mapped (RFC 4291)'],
    ['fe80::/10', 'link-local (RFC 4291)'],
    ['ff00::/8', 'multicast (RFC 4291)'],
  ],
};
/** Read when one is asked about: those of IPv6 take milliseconds to read (core/ip.ts). */
const reserved = memoized(cidr);

function isUsable(draft: Draft, prefix: Prefix, path: Path): boolean {
  const clash = RESERVED[prefix.family].find(([text]) => overlaps(reserved(text).prefix, prefix));
  if (clash) {
    draft.report(
      'reserved-space',
      `${formatPrefix(prefix)} lies in ${formatPrefix(reserved(clash[0]).prefix)}: ${clash[1]}`,
      path,
      {
        fix:
          prefix.family === 4
            ? 'use private space such as 192.168.10.0/24, or 203.0.113.0/24 for an internet'
            : 'use a prefix such as 2001:db8:1::/64',
      },
    );
    return false;
  }
  if (prefix.length < bitsOf(prefix.family)) return true;
  draft.report('wrong-value', `${formatPrefix(prefix)} is a single address`, path, {
    fix: 'a segment needs two or more: use a shorter prefix',
  });
  return false;
}

function add(draft: Draft, name: string, path: Path, long: Long, prefixes: Prefixes): void {
  const make = (prefixesOf: Prefixes, memberName: string, group: DraftSegment['group']): DraftSegment => ({
    name: memberName,
    path,
    group,
    prefixes: prefixesOf,
    gateway: long.gateway,
    link: long.link,
    taken: new Map(),
    interfaces: [],
    routers: [],
  });
  const { count } = long;
  if (count === undefined) {
    keep(draft, make(prefixes, name, undefined));
    return;
  }
  if (!fits(draft, prefixes, count, [...path, 'count'])) {
    draft.damaged.add(`segments/${name}`);
    return;
  }
  const members = Array.from({ length: count }, (_, index) =>
    make(shift(prefixes, index), `${name}-${index + 1}`, { name, index, count }),
  );
  draft.segmentGroups.set(name, members);
  for (const member of members) {
    if (draft.topology.segments[member.name] !== undefined) collision(draft, member.name, path);
    else keep(draft, member);
  }
}

function keep(draft: Draft, segment: DraftSegment): void {
  draft.segments.set(segment.name, segment);
  for (const prefix of Object.values(segment.prefixes)) draft.segmentAt.add(prefix, segment);
}

function shift(prefixes: Prefixes, index: number): Prefixes {
  const shifted: Prefixes = {};
  for (const family of FAMILIES) {
    const prefix = prefixes[family];
    if (prefix) shifted[family] = prefixOf(at(prefix, sizeOf(prefix) * BigInt(index)), prefix.length);
  }
  return shifted;
}

/** Whether the last of the counted subnets is still in the address family, and not in reserved space. */
function fits(draft: Draft, prefixes: Prefixes, count: number, path: Path): boolean {
  return FAMILIES.every((family) => {
    const prefix = prefixes[family];
    if (!prefix) return true;
    const end = prefix.value + sizeOf(prefix) * BigInt(count);
    if (end > 1n << BigInt(bitsOf(family))) {
      draft.report(
        'pool-exhausted',
        `${count} subnets from ${formatPrefix(prefix)} on go past the last address`,
        path,
        { fix: 'start lower, count less, or use smaller subnets' },
      );
      return false;
    }
    const last = prefixOf(at(prefix, sizeOf(prefix) * BigInt(count - 1)), prefix.length);
    return isUsable(draft, last, path);
  });
}

export function collision(draft: Draft, name: string, path: Path): void {
  draft.report(
    'duplicate-name',
    `'count' makes a '${name}', and the file has one of its own`,
    [...path, 'count'],
    { fix: 'rename one of them' },
  );
}
