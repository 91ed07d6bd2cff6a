/** Many hosts behind the router's own outside address, or a pool of others. */
import { formatAddress, formatPrefix } from '../../core/ip.js';
import { didYouMean } from '../../core/suggest.js';
import { crowding } from '../../nat/tables.js';
import type { WrittenNat } from '../../topology/schema.js';
import { EFFORT } from '../effort.js';
import type { DraftInterface } from '../draft.js';
import { interfaceOn, isDamagedSegment, segmentNames, segmentsNamed } from '../draft.js';
import type { MasqueradeMapping } from '../lab.js';
import { behaviourOf } from './behaviour.js';
import type { Place } from './common.js';
import { outsideInterface, setInside } from './common.js';
import { portControlOf } from './port-control.js';
import { claim, readPool } from './public.js';

type Written = Extract<WrittenNat, { masquerade: unknown }>;

export function resolveMasquerade(place: Place, written: Written): MasqueradeMapping[] {
  const via = outsideInterface(place, written.via);
  const inside = [written.masquerade].flat().flatMap((name) => insideSegments(place, written, name));
  const named = behaviourOf(place, written);
  if (!via || !named || inside.length === 0) return [];
  for (const { segment } of inside) setInside(place, segment);
  const shown = poolOf(place, written, via, inside);
  const subscribers = named.behaviour.ports === 'blocks' ? subscribersOf(place, inside) : [];
  if (!shown) return [];
  const crowd = crowding(named.behaviour, shown.pool.length, subscribers.length);
  if (crowd !== undefined) {
    place.say('pool-exhausted', crowd, 'masquerade', "a smaller 'block-size', or more addresses in 'public'");
    return [];
  }
  return [
    {
      kind: 'masquerade',
      line: place.line,
      inside,
      via: via.name,
      public: shown.pool[0] ?? via.ipv4,
      ...shown,
      outside: via.segment.name,
      ...named,
      ...(named.behaviour.ports === 'blocks' && { subscribers }),
      ...portControlOf(place, written['port-control'], inside, shown.pool),
    },
  ];
}

type Inside = MasqueradeMapping['inside'];

/** The addresses outside, which the router answers for where they lie on a segment. */
function poolOf(
  place: Place,
  { public: written }: Written,
  via: DraftInterface & { readonly ipv4: string },
  inside: Inside,
): Pick<MasqueradeMapping, 'pool' | 'routed'> | undefined {
  if (written === undefined) return { pool: [via.ipv4] };
  const addresses = readPool(place, written);
  if (!addresses) return undefined;
  const segments = inside.map(({ segment }) => segment);
  const routed = addresses.filter(
    (address) =>
      formatAddress(address) !== via.ipv4 && !claim(place, address, segments, addresses.length > 1),
  );
  return {
    pool: addresses.map(formatAddress),
    ...(routed.length > 0 && { routed: routed.map(formatAddress) }),
  };
}

/** The addresses of those behind the NAT, each of whom has ports of its own with `ports: blocks`. */
function subscribersOf({ draft, router, path }: Place, inside: Inside): string[] {
  const interfaces = inside.flatMap(({ segment }) => draft.segments.get(segment)?.interfaces ?? []);
  draft.spend(interfaces.length * EFFORT.inside, path);
  return interfaces.flatMap(({ machine, addresses: { 4: address } }) =>
    machine === router || !address ? [] : formatAddress(address),
  );
}

/** A segment the router is on, or one behind another router on the inside. */
function insideSegments(place: Place, { via }: Written, name: string): Inside {
  const { draft, router, path, say } = place;
  if (name === via) {
    say(
      'nat-inside-is-outside',
      `'${name}' is both the inside and the outside`,
      'masquerade',
      'name the segment behind the NAT, and in via the one in front of it',
    );
    return [];
  }
  const segments = segmentsNamed(draft, name);
  if (segments.length === 0) {
    if (!isDamagedSegment(draft, name))
      say('unknown-segment', `there is no segment '${name}'`, 'masquerade', () =>
        didYouMean(name, segmentNames(draft), 'segments'),
      );
    return [];
  }
  draft.spend(segments.length * EFFORT.inside, path);
  const own = segments.filter((segment) => router.on.has(segment));
  return (own.length > 0 ? own : segments).flatMap((segment) => {
    const prefix = segment.prefixes[4];
    if (!prefix) {
      say(
        'nat-needs-ipv4',
        `segment ${segment.name} has no IPv4 subnet`,
        'masquerade',
        'NAT is for IPv4: IPv6 is routed as it is',
      );
      return [];
    }
    const on = interfaceOn(router, segment)?.name;
    return [
      { segment: segment.name, subnet: formatPrefix(prefix), ...(on !== undefined && { interface: on }) },
    ];
  });
}
