/** 1:1 NAT: a host's public address, or a prefix of them for counted hosts. */
import type { Address, Prefix } from '../../core/ip.js';
import {
  at,
  formatAddress,
  formatPrefix,
  hostRange,
  parseAddress,
  parseCidr,
  prefixOf,
  sizeOf,
} from '../../core/ip.js';
import { memoizedFor } from '../../core/memo.js';
import type { WrittenNat } from '../../topology/schema.js';
import type { Draft, DraftMachine } from '../draft.js';
import type { Inside, StaticMapping } from '../lab.js';
import type { MappingPlace } from './common.js';
import { staticBehaviour } from './behaviour.js';
import { insideHosts, outsideInterface, setInside } from './common.js';
import { claim } from './public.js';

type Written = Extract<WrittenNat, { static: string }>;

export function resolveStatic(place: MappingPlace, written: Written): StaticMapping[] {
  const hosts = insideHosts(place, written.static, 'static', 'not-attached');
  const via = written.via === undefined ? undefined : outsideInterface(place, written.via);
  if (written.via !== undefined && !via) return [];
  const nextPublic = publicAddresses(place, written, hosts.length);
  const behaviour = staticBehaviour(place, written);
  if (!nextPublic || !behaviour) return [];
  return hosts.flatMap((inside): StaticMapping[] => {
    if (!isMappable(place, inside, via?.segment.name)) return [];
    const address = nextPublic(inside);
    if (!address) return [];
    setInside(place, inside.segment);
    const answering = claim(place, address, [inside.segment], written.public.includes('/'));
    const mapping = { kind: 'static', line: place.line, inside, public: formatAddress(address) } as const;
    return [
      {
        ...mapping,
        ...behaviour,
        ...(via && { via: via.name }),
        ...(answering && { onSegment: answering.segment.name }),
      },
    ];
  });
}

function isMappable({ router, say }: MappingPlace, inside: Inside, outside: string | undefined): boolean {
  const { machine, segment } = inside;
  if (outside === segment) {
    const message = `${machine} is on ${segment}, which 'via' says is the outside`;
    say('nat-inside-is-outside', message, 'via', 'name the segment the translated packets leave by');
    return false;
  }
  if (!isPublished(router, inside)) return true;
  const message = `${machine} has a public address at ${router.name} already`;
  say('nat-host-mapped-twice', message, 'static', 'remove one of them: a host is seen under one address');
  return false;
}

/** How far each router's mappings have been looked at, and whom they publish: there may be thousands of them. */
type Looked = { seen: number; readonly insides: Set<string> };
const publishedBy = memoizedFor<DraftMachine, Looked>(() => ({ seen: 0, insides: new Set() }));

function isPublished(router: DraftMachine, { machine, address }: Inside): boolean {
  const known = publishedBy(router);
  for (const one of router.nat.slice(known.seen))
    if (one.kind === 'static') known.insides.add(`${one.inside.machine} ${one.inside.address}`);
  known.seen = router.nat.length;
  return known.insides.has(`${machine} ${address}`);
}

function publicAddresses(
  { draft, router, say }: MappingPlace,
  written: Written,
  wanted: number,
): ((inside: Inside) => Address | undefined) | undefined {
  const single = parseAddress(written.public);
  const block = single ? undefined : parseCidr(written.public)?.prefix;
  if ((single ?? block)?.family === 6) {
    say('wrong-family', `'${written.public}' is IPv6`, 'public', 'NAT is for IPv4: give an IPv4 address');
    return undefined;
  }
  if (block) return fromBlock(draft, written, blockOf(router, block, wanted), say);
  if (!single) {
    say(
      'bad-address',
      `'${written.public}' is not an IP address`,
      'public',
      'write an IPv4 address such as 100.100.100.100',
    );
    return undefined;
  }
  if (wanted <= 1 && !router.group) return () => single;
  say(
    'pool-exhausted',
    `one public address for ${wanted > 1 ? `${wanted} hosts` : `${router.group?.count ?? 1} routers`}`,
    'public',
    `give a prefix with as many addresses, such as '${written.public}/24'`,
  );
  return undefined;
}

/** Each router of a counted group takes a block of its own where there is room: one route leads to it. */
function blockOf({ group }: MappingPlace['router'], pool: Prefix, wanted: number): Prefix {
  const bits = Math.ceil(Math.log2(wanted + 2));
  const size = 1n << BigInt(bits);
  if (!group || size * BigInt(group.count) > sizeOf(pool)) return pool;
  return prefixOf(at(pool, size * BigInt(group.index)), 32 - bits);
}

function fromBlock(
  { poolCursors }: Draft,
  written: Written,
  block: Prefix,
  say: MappingPlace['say'],
): (inside: Inside) => Address | undefined {
  const { first: low, last: high } = hostRange(block);
  const key = `${written.static} ${formatPrefix(block)}`;
  return (inside) => {
    const value = poolCursors.get(key) ?? low.value;
    poolCursors.set(key, value + 1n);
    if (value <= high.value) return { family: 4, value };
    if (value === high.value + 1n)
      say(
        'pool-exhausted',
        `${formatPrefix(block)} has no public address left for ${inside.machine}`,
        'public',
        'use a larger prefix',
      );
    return undefined;
  };
}
