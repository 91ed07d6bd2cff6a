/** What happens to packets on the way between machines and segments. */
import type { Link } from '../../link/impairment.js';
import type { WrittenLink } from '../../topology/link-schema.js';
import type { Path } from '../../topology/source.js';
import type { Draft, DraftInterface, DraftSegment, Pass } from '../draft.js';
import { LEAST_MTU_6, mtuTooSmall } from '../links/mtu.js';
import type { Where } from '../links/read.js';
import { readLink } from '../links/read.js';

export const readLinks: Pass = (draft) => {
  const read = reading(draft);
  for (const segment of draft.segments.values()) {
    const common =
      segment.link === undefined
        ? undefined
        : read(segment.link, [...segment.path, 'link'], 'segment', segment);
    for (const one of segment.interfaces) {
      const own = ownLink(one, read);
      if (own ?? common) one.link = own ? { ...mtuOf(common), ...own } : common;
    }
  }
};

type ReadOne = (written: WrittenLink, path: Path, where: Where, segment: DraftSegment) => Link | undefined;

const ownLink = (one: DraftInterface, read: ReadOne): Link | undefined =>
  one.writtenLink === undefined
    ? undefined
    : read(one.writtenLink, [...one.path, 'link'], 'attachment', one.segment);

/** The machines of a segment have to agree on it. */
const mtuOf = (link: Link | undefined): Pick<Link, 'mtu'> =>
  link?.mtu === undefined ? {} : { mtu: link.mtu };

/** Those that counted machines and segments share are read once. */
function reading(draft: Draft): ReadOne {
  const known = new Map<string, Link | undefined>();
  const said = new Set<string>();
  return (written, path, where, segment) => {
    const place = path.join('/');
    const link = known.has(place) ? known.get(place) : readOne(draft, written, path, where, said);
    known.set(place, link);
    if (
      link?.mtu !== undefined &&
      segment.prefixes[6] &&
      link.mtu < LEAST_MTU_6 &&
      !said.has(`${place} mtu`)
    ) {
      said.add(`${place} mtu`);
      draft.report('link-unfit', mtuTooSmall(link.mtu, segment.name), [...path, 'mtu'], {
        fix: `${LEAST_MTU_6} or more (RFC 8200 section 5), or a segment without 'subnet6'`,
      });
    }
    return link;
  };
}

/** The same is wrong in both directions where it is written for both. */
function readOne(
  draft: Draft,
  written: WrittenLink,
  path: Path,
  where: Where,
  said: Set<string>,
): Link | undefined {
  return readLink(
    {
      say: (code, message, key, fix) => {
        const at = typeof written === 'string' ? path : [...path, ...key];
        if (said.has(`${at.join('/')} ${message}`)) return;
        said.add(`${at.join('/')} ${message}`);
        draft.report(code, message, at, { fix });
      },
    },
    written,
    where,
  );
}
