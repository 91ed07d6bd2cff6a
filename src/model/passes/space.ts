/** Warnings: address space that is not what it is used for. Fine in an isolated lab, a surprise outside of one. */
import type { Prefix } from '../../core/ip.js';
import { cidr, contains, formatPrefix, overlaps, parseAddress } from '../../core/ip.js';
import type { WrittenNat } from '../../topology/schema.js';
import type { Draft, DraftSegment, Pass } from '../draft.js';
import { routersOf, writtenRouter } from '../draft.js';
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
  for (const router of routersOf(draft).filter(first)) {
    const written: readonly (WrittenNat | undefined)[] = writtenRouter(router).nat ?? [];
    for (const [index, nat] of written.entries()) {
      if (nat && 'static' in nat) warnOfPublic(draft, nat.public, [...router.path, 'nat', index, 'public']);
    }
  }
};

function warnOfSegment(
  draft: Draft,
  { name, prefixes: { 4: prefix }, path, routers, interfaces }: DraftSegment,
): void {
  if (!prefix) return;
  const isInside = routers.some(({ machine }) => [...machine.inside].some((one) => one.name === name));
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
  const isCarriers = isInside && interfaces.every(({ machine }) => machine.kind === 'router');
  if (SHARED && overlaps(SHARED, prefix) && !isCarriers) sayShared(draft, formatPrefix(prefix), path);
}

function warnOfPublic(draft: Draft, text: string, path: (string | number)[]): void {
  const address =
    parseAddress(text) ?? (/^[\d.]+\/\d+$/.test(text) ? parseAddress(text.replace(/\/.*/, '')) : undefined);
  if (address && SHARED && contains(SHARED, address)) sayShared(draft, text, path);
}

function sayShared(draft: Draft, text: string, path: DraftSegment['path']): void {
  draft.report(
    'shared-space',
    `${text} is shared address space (RFC 6598), meant for the inside of a carrier's network`,
    path,
    {
      fix: 'fine in an isolated lab; 203.0.113.0/24 and 198.51.100.0/24 are for examples',
    },
  );
}
