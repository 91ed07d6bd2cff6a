/** Warnings: address space that is not what it is used for. Fine in an isolated lab, a surprise outside of one. */
import type { Prefix } from '../../core/ip.js';
import { cidr, contains, formatPrefix, overlaps, parseAddress, parseCidr } from '../../core/ip.js';
import type { WrittenNat } from '../../topology/schema.js';
import type { Path } from '../../topology/source.js';
import type { Draft, DraftMachine, DraftSegment, Pass } from '../draft.js';
import { writtenRouter } from '../draft.js';
import { first } from './interfaces.js';

const prefixes = (...texts: readonly string[]): Prefix[] => texts.map((text) => cidr(text).prefix);

/** RFC 1918, RFC 5737 (documentation), RFC 2544 (benchmarks), RFC 6598 (shared): nobody's on the Internet. */
const NOBODYS = prefixes(
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '192.0.2.0/24',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '198.18.0.0/15',
  '100.64.0.0/10',
);
const [SHARED] = prefixes('100.64.0.0/10');

export const warnOfSpace: Pass = (draft) => {
  for (const segment of draft.segments.values()) {
    if (!segment.group || segment.group.index === 0) warnOfSegment(draft, segment);
  }
  for (const router of draft.routers.filter(first)) warnOfPublics(draft, router);
};

function warnOfSegment(draft: Draft, segment: DraftSegment): void {
  const {
    prefixes: { 4: prefix },
    path,
    routers,
  } = segment;
  if (!prefix) return;
  const hasInside = ({ machine }: { readonly machine: DraftMachine }): boolean =>
    machine.inside[4].has(segment);
  const isInside = routers.some(hasInside);
  const isPublic = !NOBODYS.some((space) => overlaps(space, prefix));
  if (isPublic && (isInside || formatPrefix(prefix).startsWith('172.'))) {
    draft.report(
      'public-space',
      `${formatPrefix(prefix)} is public address space${isInside ? ', used as a private network' : ''}`,
      path,
      {
        fix: `private space is 10.0.0.0/8, 172.16.0.0/12 and 192.168.0.0/16${formatPrefix(prefix).startsWith('172.') ? ' (172.16 to 172.31)' : ''}`,
      },
    );
  }
  // Between a carrier's NAT and its customers' routers is where shared space belongs.
  const isCarriers = isInside && !routers.every(hasInside);
  if (SHARED && overlaps(SHARED, prefix) && !isCarriers) sayShared(draft, formatPrefix(prefix), path);
}

/** One warning a router: of twenty public addresses in one space the first says it all. */
function warnOfPublics(draft: Draft, router: DraftMachine): void {
  const written: readonly (WrittenNat | undefined)[] = writtenRouter(router).nat ?? [];
  const shared = written.flatMap((nat, index) =>
    nat && 'public' in nat
      ? [nat.public ?? []].flat().flatMap((text) => (isShared(text) ? [{ text, index }] : []))
      : [],
  );
  const [one, ...more] = shared;
  if (!one) return;
  const others = more.length > 0 ? ` (and ${more.length} more)` : '';
  sayShared(draft, `${one.text}${others}`, [...router.path, 'nat', one.index, 'public']);
}

function isShared(text: string): boolean {
  const address = parseAddress(text) ?? parseCidr(text)?.address;
  return address !== undefined && SHARED !== undefined && contains(SHARED, address);
}

function sayShared(draft: Draft, text: string, path: Path): void {
  const message = `${text} is shared address space (RFC 6598), meant for the inside of a carrier's network`;
  const fix = 'fine in an isolated lab; 203.0.113.0/24 and 198.51.100.0/24 are for examples';
  draft.report('shared-space', message, path, { fix });
}
