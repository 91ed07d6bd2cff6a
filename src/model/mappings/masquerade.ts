/** Many hosts behind the router's own outside address, or a pool of others. */
import type { Family } from '../../core/ip.js';
import { formatAddress } from '../../core/ip.js';
import { blockShortage } from '../../nat/tables.js';
import type { WrittenNat } from '../../topology/schema.js';
import { EFFORT } from '../effort.js';
import type { MasqueradeMapping } from '../lab.js';
import { behaviourOf } from './behaviour.js';
import type { MappingPlace, Outside } from './common.js';
import { insideSegments, outsideInterface, setInside } from './common.js';
import { portControlOf } from './port-control.js';
import { claim, readPool } from './public.js';

type Written = Extract<WrittenNat, { masquerade: unknown } | { nat66: unknown }>;

export function resolveMasquerade(place: MappingPlace, written: Written): MasqueradeMapping[] {
  const family = 'nat66' in written ? 6 : 4;
  const key = family === 6 ? 'nat66' : 'masquerade';
  const via = outsideInterface(place, written.via, family);
  const names = 'nat66' in written ? written.nat66 : written.masquerade;
  const inside = insideSegments(place, names, written.via, { key, family });
  const named = behaviourOf(place, written);
  if (!via || !named || inside.length === 0) return [];
  for (const { segment } of inside) setInside(place, segment, family);
  const shown = poolOf(place, written, via, inside, family);
  const subscribers = named.behaviour.ports === 'blocks' ? subscribersOf(place, inside, family) : [];
  if (!shown) return [];
  const shortage = blockShortage(named.behaviour, shown.pool.length, subscribers.length);
  if (shortage !== undefined) {
    place.say('pool-exhausted', shortage, key, "a smaller 'block-size', or more addresses in 'public'");
    return [];
  }
  return [
    {
      kind: 'masquerade',
      line: place.line,
      inside,
      via: via.name,
      public: shown.pool[0] ?? via.own,
      ...shown,
      outside: via.segment.name,
      ...named,
      ...(named.behaviour.ports === 'blocks' && { subscribers }),
      ...('masquerade' in written && portControlOf(place, written['port-control'], inside, shown.pool)),
    },
  ];
}

type Inside = MasqueradeMapping['inside'];

/** The addresses outside, which the router answers for where they lie on a segment. */
function poolOf(
  place: MappingPlace,
  { public: written }: Written,
  via: Outside,
  inside: Inside,
  family: Family,
): Pick<MasqueradeMapping, 'pool' | 'routed'> | undefined {
  if (written === undefined) return { pool: [via.own] };
  const addresses = readPool(place, written, family);
  if (!addresses) return undefined;
  const segments = inside.map(({ segment }) => segment);
  const routed = addresses.filter(
    (address) => formatAddress(address) !== via.own && !claim(place, address, segments, addresses.length > 1),
  );
  return {
    pool: addresses.map(formatAddress),
    ...(routed.length > 0 && { routed: routed.map(formatAddress) }),
  };
}

/** The addresses of those behind the NAT, each of whom has ports of its own with `ports: blocks`. */
function subscribersOf({ draft, router, path }: MappingPlace, inside: Inside, family: Family): string[] {
  const interfaces = inside.flatMap(({ segment }) => draft.segments.get(segment)?.interfaces ?? []);
  draft.spend(interfaces.length * EFFORT.inside, path);
  return interfaces.flatMap(({ machine, addresses: { [family]: address } }) =>
    machine === router || !address ? [] : formatAddress(address),
  );
}
