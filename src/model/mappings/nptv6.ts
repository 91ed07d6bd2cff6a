/** An inside prefix that is seen as another outside, address by address and without any state (RFC 6296). */
import type { Prefix } from '../../core/ip.js';
import { cidr, contains, formatPrefix, overlaps, parseCidr, prefixOf } from '../../core/ip.js';
import { LONGEST_PREFIX } from '../../nat/npt.js';
import type { WrittenNat } from '../../topology/schema.js';
import type { InsideSegment, NptMapping } from '../lab.js';
import type { MappingPlace } from './common.js';
import { insideSegments, outsideInterface, setInside } from './common.js';

type Written = Extract<WrittenNat, { nptv6: unknown }>;

export function resolveNpt(place: MappingPlace, written: Written): NptMapping[] {
  const via = outsideInterface(place, written.via, 6);
  const inside = insideSegments(place, written.nptv6, written.via, { key: 'nptv6', family: 6 });
  const shown = readPrefix(place, written.public);
  if (!via || !shown || inside.length === 0) return [];
  const prefix = insidePrefix(place, inside, shown);
  if (!prefix || !isFree(place, shown) || !isApart(place, prefix, inside)) return [];
  for (const { segment } of inside) setInside(place, segment, 6);
  return [
    {
      kind: 'nptv6',
      line: place.line,
      inside,
      via: via.name,
      outside: via.segment.name,
      prefix: formatPrefix(prefix),
      public: formatPrefix(shown),
    },
  ];
}

function readPrefix({ say }: MappingPlace, text: string): Prefix | undefined {
  const parsed = parseCidr(text);
  const fix = 'write a prefix such as 2001:db8:1::/48';
  if (!parsed) say('bad-address', `'${text}' is not an IP prefix`, 'public', fix);
  else if (parsed.prefix.family === 4) say('wrong-family', `'${text}' is IPv4`, 'public', fix);
  else if (parsed.address.value !== parsed.prefix.value)
    say(
      'host-bits-set',
      `'${text}' is not an IP prefix`,
      'public',
      `did you mean '${formatPrefix(parsed.prefix)}'?`,
    );
  else if (parsed.prefix.length > LONGEST_PREFIX || parsed.prefix.length < 1)
    say(
      'npt-prefix',
      `'${text}' is not between /1 and /${LONGEST_PREFIX}`,
      'public',
      'RFC 6296 adjusts one of the bits past the prefix: give a shorter one',
    );
  else return parsed.prefix;
  return undefined;
}

/** As long as the one outside: the one that the first segment lies in. */
function insidePrefix(
  { say }: MappingPlace,
  inside: readonly InsideSegment[],
  shown: Prefix,
): Prefix | undefined {
  const subnets = inside.map(({ subnet }) => cidr(subnet).prefix);
  const [first] = subnets;
  if (!first) return undefined;
  const prefix = prefixOf(first, shown.length);
  const stray = inside.find((_, index) => {
    const subnet = subnets[index];
    return subnet && (subnet.length < shown.length || !contains(prefix, subnet));
  });
  if (!stray) return prefix;
  const { length } = cidr(stray.subnet).prefix;
  const [message, fix] =
    length < shown.length
      ? [
          `${stray.segment} (${stray.subnet}) is larger than ${formatPrefix(shown)}`,
          `give a /${length} or a shorter prefix`,
        ]
      : [
          `${stray.segment} (${stray.subnet}) is not in ${formatPrefix(prefix)}`,
          'translate it by a mapping of its own',
        ];
  say('npt-prefix', message, 'public', fix);
  return undefined;
}

/** What is seen outside lies in no segment: it is routed to this router. */
function isFree({ draft, say }: MappingPlace, shown: Prefix): boolean {
  const at = [...draft.segments.values()].find(({ prefixes: { 6: own } }) => own && overlaps(own, shown));
  if (at)
    say(
      'nat-public-in-segment',
      `${formatPrefix(shown)} overlaps ${at.name}`,
      'public',
      'use a prefix outside of every segment: it is routed to this router',
    );
  return at === undefined;
}

/** Of this router's segments only those inside are translated. */
function isApart({ router, say }: MappingPlace, prefix: Prefix, inside: readonly InsideSegment[]): boolean {
  const other = router.interfaces.find(
    ({ segment: { name, prefixes } }) =>
      prefixes[6] && overlaps(prefixes[6], prefix) && !inside.some(({ segment }) => segment === name),
  );
  if (other)
    say(
      'npt-prefix',
      `${other.segment.name} lies in ${formatPrefix(prefix)} too, the prefix that is translated`,
      'nptv6',
      `name it here, or give 'public' a longer prefix`,
    );
  return other === undefined;
}
