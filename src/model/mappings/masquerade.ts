/** Many hosts behind the router's own outside address. */
import { formatPrefix } from '../../core/ip.js';
import { didYouMean } from '../../core/suggest.js';
import { DEFAULT_PRESET, PRESETS } from '../../nat/presets/index.js';
import type { WrittenNat } from '../../topology/schema.js';
import { isDamagedSegment, segmentNames, segmentsNamed } from '../draft.js';
import type { MasqueradeMapping } from '../lab.js';
import type { Place } from './common.js';
import { outsideInterface, setInside } from './common.js';

type Written = Extract<WrittenNat, { masquerade: unknown }>;

export function resolveMasquerade(place: Place, written: Written): MasqueradeMapping[] {
  const { say, line } = place;
  const via = outsideInterface(place, written.via);
  const inside = [written.masquerade].flat().flatMap((name) => insideSegments(place, written, name));
  const preset = written.preset ?? DEFAULT_PRESET;
  const behaviour = Object.hasOwn(PRESETS, preset) ? PRESETS[preset]?.behaviour : undefined;
  if (!behaviour)
    say(
      'unknown-preset',
      `there is no NAT preset '${preset}'`,
      'preset',
      didYouMean(preset, Object.keys(PRESETS), 'presets'),
    );
  if (!via || !behaviour || inside.length === 0) return [];
  for (const { segment } of inside) setInside(place, segment);
  return [
    {
      kind: 'masquerade',
      line,
      inside,
      via: via.name,
      public: via.ipv4,
      outside: via.segment.name,
      preset,
      behaviour,
    },
  ];
}

/** A segment the router is on, or one behind another router on the inside. */
function insideSegments(place: Place, { via }: Written, name: string): MasqueradeMapping['inside'] {
  const { draft, router, say } = place;
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
      say(
        'unknown-segment',
        `there is no segment '${name}'`,
        'masquerade',
        didYouMean(name, segmentNames(draft), 'segments'),
      );
    return [];
  }
  const own = segments.filter((segment) => router.interfaces.some((one) => one.segment === segment));
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
    const on = router.interfaces.find((one) => one.segment === segment)?.name;
    return [
      { segment: segment.name, subnet: formatPrefix(prefix), ...(on !== undefined && { interface: on }) },
    ];
  });
}
