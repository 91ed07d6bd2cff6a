/** The NAT entries of every router to mappings: who is behind which address, and what is isolated. */
import { contains, address as read } from '../../core/ip.js';
import { TIMEOUTS } from '../../core/nat-words.js';
import type { WrittenNat } from '../../topology/schema.js';
import type { Path } from '../../topology/source.js';
import { EFFORT } from '../effort.js';
import type { Draft, DraftMachine, DraftSegment, Pass } from '../draft.js';
import { FAMILIES, writtenRouter } from '../draft.js';
import type { ForwardMapping, Mapping, MasqueradeMapping } from '../lab.js';
import type { MappingPlace } from '../mappings/common.js';
import { interfacesOn } from '../mappings/common.js';
import { resolveForward } from '../mappings/forward.js';
import { resolveMasquerade } from '../mappings/masquerade.js';
import { resolveNpt } from '../mappings/nptv6.js';
import { resolveStatic } from '../mappings/static.js';
import { mappingFamily } from '../view.js';

export const resolveNat: Pass = (draft) => {
  const publics = new Map<string, Mapping>();
  for (const router of draft.routers) {
    for (const [index, written] of (writtenRouter(router).nat ?? []).entries()) {
      // A list entry that could not be read is undefined.
      if ((written as WrittenNat | undefined) === undefined) continue;
      const place = placeOf(draft, router, [...router.path, 'nat', index]);
      // Each is compared with those before it.
      draft.spend(router.nat.length + EFFORT.mapping, place.path);
      for (const mapping of resolveOne(place, written)) addUnlessTaken(place, publics, mapping);
    }
    checkPublics(draft, router);
    checkTimeouts(draft, router);
    isolate(draft, router);
  }
};

function placeOf(draft: Draft, router: DraftMachine, path: Path): MappingPlace {
  const say: MappingPlace['say'] = (code, message, key, fix) => {
    draft.report(code, message, [...path, ...[key].flat()], { fix });
  };
  return { draft, router, path, line: draft.line(path), say };
}

function resolveOne(place: MappingPlace, written: WrittenNat): Mapping[] {
  if ('static' in written) return resolveStatic(place, written);
  if ('nptv6' in written) return resolveNpt(place, written);
  return 'forward' in written ? resolveForward(place, written) : resolveMasquerade(place, written);
}

function addUnlessTaken(place: MappingPlace, publics: Map<string, Mapping>, mapping: Mapping): void {
  const clash = (what: string, key: string, other: Mapping | undefined): boolean => {
    if (other)
      place.say(
        'nat-public-duplicate',
        `${what} is taken by the mapping in line ${other.line}`,
        key,
        'use another one',
      );
    return other !== undefined;
  };
  const { nat } = place.router;
  if (mapping.kind === 'static' && clash(mapping.public, 'public', publics.get(mapping.public))) return;
  if (
    mapping.kind === 'forward' &&
    clash(`${mapping.protocol}/${mapping.ports.first}`, 'forward', sharesPort(nat, mapping))
  )
    return;
  if (mapping.kind === 'masquerade' && isNeverAsked(place, mapping)) return;
  if (mapping.kind === 'static') publics.set(mapping.public, mapping);
  nat.push(mapping);
}

const sharesPort = (
  nat: readonly Mapping[],
  { via, public: shown, protocol, ports }: ForwardMapping,
): Mapping | undefined =>
  nat.find(
    (other) =>
      other.kind === 'forward' &&
      other.via === via &&
      other.public === shown &&
      other.protocol === protocol &&
      other.ports.first <= ports.last &&
      ports.first <= other.ports.last,
  );

/** A second NAT of a segment on the same way out: the first has all its packets. */
function isNeverAsked({ router: { nat }, say }: MappingPlace, mapping: MasqueradeMapping): boolean {
  const { inside, via, outside } = mapping;
  const family = mappingFamily(mapping);
  for (const { segment } of inside) {
    const other = nat.find(
      (one) =>
        one.kind === 'masquerade' &&
        one.via === via &&
        mappingFamily(one) === family &&
        one.inside.some((own) => own.segment === segment),
    );
    if (!other) continue;
    const message = `the NAT in line ${other.line} has all that leaves ${segment} by ${outside}: this one would have nothing to do`;
    say('nat-host-mapped-twice', message, family === 4 ? 'masquerade' : 'nat66', 'remove one of them');
    return true;
  }
  return false;
}

/** Where a mapping is written: those of counted hosts share an entry. */
function pathOf(draft: Draft, router: DraftMachine, { line }: Mapping): Path {
  const base = [...router.path, 'nat'];
  const index = (writtenRouter(router).nat ?? []).findIndex((_, i) => draft.line([...base, i]) === line);
  return [...base, index];
}

/** A public address in a segment behind this very NAT could not be answered for there. */
function checkPublics(draft: Draft, router: DraftMachine): void {
  for (const mapping of router.nat) {
    if (mapping.kind !== 'static') continue;
    if (mapping.onSegment === undefined) continue;
    draft.spend(router.inside[4].size, router.path);
    const inside = [...router.inside[4]].find(
      ({ prefixes }) => prefixes[4] && contains(prefixes[4], read(mapping.public)),
    );
    if (!inside || inside.name === mapping.inside.segment) continue;
    draft.report(
      'nat-public-in-segment',
      `${mapping.public} lies in ${inside.name}, which is behind this NAT`,
      [...pathOf(draft, router, mapping), 'public'],
      {
        fix: `use an address outside of every segment, or of an outside segment of ${router.name}`,
      },
    );
  }
}

/** The kernel has one set of timeouts for all that it tracks. */
function checkTimeouts(draft: Draft, router: DraftMachine): void {
  const shared = router.nat.filter((one) => one.kind === 'masquerade');
  const [first] = shared;
  const other = shared.find(
    ({ behaviour }) => !TIMEOUTS.every((key) => behaviour.timeouts[key] === first?.behaviour.timeouts[key]),
  );
  if (!first || !other) return;
  draft.report(
    'nat-timeouts-differ',
    `these timeouts differ from those of the NAT in line ${first.line}, and ${router.name} has one set for all`,
    pathOf(draft, router, other),
    { fix: "give both the same 'timeouts', or two routers" },
  );
}

function isolate(draft: Draft, router: DraftMachine): void {
  const { isolate: written = true } = writtenRouter(router);
  for (const family of FAMILIES) {
    if (written === true) for (const segment of router.inside[family]) router.isolated[family].add(segment);
  }
  if (!Array.isArray(written)) return;
  for (const [index, name] of written.entries()) {
    // A list entry that could not be read is undefined.
    if ((name as string | undefined) === undefined) continue;
    const place = placeOf(draft, router, [...router.path, 'isolate']);
    const say: MappingPlace['say'] = (code, message, _, fix) =>
      place.say(code, message, index as unknown as string, fix);
    for (const { segment } of interfacesOn({ ...place, say }, name, '')) {
      if (isShutIn(router, segment, (message, fix) => say('nat-inside-is-outside', message, '', fix)))
        continue;
      for (const family of FAMILIES) if (router.inside[family].size > 0) router.isolated[family].add(segment);
    }
  }
}

/** What leaves a NAT is untranslated where isolation is judged: on its way out it would all be dropped. */
function isShutIn(
  { nat, inside }: DraftMachine,
  segment: DraftSegment,
  say: (message: string, fix: string) => void,
): boolean {
  const out = nat.find((one) => one.kind === 'masquerade' && one.outside === segment.name);
  if (!out || FAMILIES.some((family) => inside[family].has(segment))) return false;
  say(
    `${segment.name} is the outside of the NAT in line ${out.line}: nothing would get out`,
    'name segments behind the NAT',
  );
  return true;
}
