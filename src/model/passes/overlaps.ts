/** Segments whose subnets overlap: wrong, unless NAT keeps them apart as it does two homes with 192.168.1.0/24. */
import type { Family, Prefix } from '../../core/ip.js';
import { contains, formatPrefix } from '../../core/ip.js';
import { EFFORT } from '../effort.js';
import type { DraftSegment, Pass } from '../draft.js';
import { FAMILIES } from '../draft.js';

export const findOverlaps: Pass = (draft) => {
  for (const family of FAMILIES) {
    for (const [inner, around] of nested([...draft.segments.values()], family)) {
      draft.spend((around.length + inner.routers.length) * EFFORT.pair, inner.path);
      const outer = around.findLast((one) => !isApart(one, inner, family));
      if (!outer) continue;
      const [low, high] = draft.line(outer.path) <= draft.line(inner.path) ? [outer, inner] : [inner, outer];
      draft.report(
        'overlapping-segments',
        `${high.name} (${text(high, family)}) overlaps ${low.name} (${text(low, family)})`,
        high.path,
        {
          fix: 'give them subnets that do not overlap; only segments behind different NAT routers may share addresses',
        },
      );
    }
  }
};

const text = ({ prefixes }: DraftSegment, family: Family): string =>
  formatPrefix(prefixes[family] ?? never());

function never(): never {
  throw new TypeError('a segment without the prefix it was found by');
}

/** Each segment with those that hold it: in the order of addresses, larger subnets first. */
function* nested(
  segments: readonly DraftSegment[],
  family: Family,
): Generator<readonly [DraftSegment, readonly DraftSegment[]]> {
  const items = segments.flatMap((segment) =>
    segment.prefixes[family] ? [{ segment, prefix: segment.prefixes[family] }] : [],
  );
  items.sort((a, b) =>
    a.prefix.value === b.prefix.value
      ? a.prefix.length - b.prefix.length
      : a.prefix.value < b.prefix.value
        ? -1
        : 1,
  );
  const open: { segment: DraftSegment; prefix: Prefix }[] = [];
  for (const item of items) {
    while (open.length > 0 && !contains(open.at(-1)?.prefix ?? item.prefix, item.prefix)) open.pop();
    if (open.length > 0) yield [item.segment, open.map(({ segment }) => segment)];
    open.push(item);
  }
}

/** Both behind NAT, at different routers, and no router on both. */
function isApart(a: DraftSegment, b: DraftSegment, family: Family): boolean {
  const isHidden = (segment: DraftSegment): boolean =>
    segment.routers.some(({ machine }) => machine.inside[family].has(segment)) &&
    segment.routers.every(
      ({ machine }) => machine.interfaces.length === 1 || machine.inside[family].has(segment),
    );
  const share = a.routers.some(({ machine }) => machine.on.has(b));
  return !share && isHidden(a) && isHidden(b);
}
