import * as z from 'zod';
import { didYouMean } from '../../core/suggest.js';
import { judgeAlone } from '../../model/links/alone.js';
import { linkKeys } from '../../topology/link-schema.js';
import { record } from '../../topology/record.js';
import type { Path } from '../../topology/source.js';
import type { Judging } from '../action.js';
import { action } from '../action.js';
import { name } from '../schema.js';

const place = z.string().max(100).describe('MACHINE:SEGMENT, MACHINE, or :SEGMENT');
const places = z
  .union([place, z.array(place).min(1).max(1000)])
  .describe('MACHINE:SEGMENT, MACHINE for all of its links, :SEGMENT for all machines on it, or a list');

export const linkSet = action({
  kind: 'link-set',
  about: 'changes a link while the lab runs; open connections survive',
  schema: record({ at: places, ...linkKeys }).describe('{ at: MACHINE:SEGMENT, loss: 1% }'),
  judge: ({ at, ...written }, judging) => {
    judgePlaces(at, ['at'], judging);
    if (Object.keys(written).length === 0)
      judging.report('missing-key', 'no setting was given', [], "such as 'loss: 1%'");
    judgeAlone(written, (code, message, key, fix) => judging.report(code, message, key, fix));
  },
  text: ({ at, ...written }) =>
    `link-set ${[at].flat().join(' ')}: ${Object.entries(written)
      .map(([key, value]) => `${key}=${typeof value === 'object' ? JSON.stringify(value) : value}`)
      .join(' ')}`,
});

const cutOrNot = <const Kind extends 'link-down' | 'link-up'>(kind: Kind, about: string) =>
  action({
    kind,
    about,
    schema: places,
    judge: (at, judging) => judgePlaces(at, [], judging),
    text: (at) => `${kind} ${[at].flat().join(' ')}`,
  });

export const linkDown = cutOrNot('link-down', 'lets nothing through a link, as if its cable were pulled');
export const linkUp = cutOrNot('link-up', 'lets through again what the link let through before');

export const linkReset = action({
  kind: 'link-reset',
  about: 'sets links back to the values of the topology',
  schema: z.union([z.literal('all'), places]).describe("'all', or places as those of link-set"),
  judge: (at, judging) => {
    if (at !== 'all') judgePlaces(at, [], judging);
  },
  text: (at) => `link-reset ${[at].flat().join(' ')}`,
});

export const partition = action({
  kind: 'partition',
  about: 'cuts groups of machines off from each other',
  schema: z
    .array(z.array(name).min(1).max(1000).describe('a group of machines, such as [HOST, HOST]'))
    .min(2)
    .max(100)
    .describe('groups, each a list of machines: [[HOST, HOST], [HOST]]'),
  judge: (groups, judging) => {
    for (const [index, group] of groups.entries())
      for (const [at, machine] of group.entries()) judging.machine(machine, [index, at]);
  },
  text: (groups) => `partition ${groups.map((group) => group.join(' ')).join(' | ')}`,
});

export const heal = action({
  kind: 'heal',
  about: 'ends a partition; other changes of links stay',
  schema: z.literal('all').describe("'all'"),
  judge: () => undefined,
  text: () => 'heal all',
});

function judgePlaces(at: string | readonly string[], path: Path, judging: Judging): void {
  for (const [index, text] of [at].flat().entries())
    judgePlace(text, typeof at === 'string' ? path : [...path, index], judging);
}

function judgePlace(text: string, path: Path, { lab, machine, report }: Judging): void {
  const [named = '', segment] = text.split(/:(.*)/s, 2);
  const isAnybody = named === '' && segment !== undefined;
  const found = isAnybody ? undefined : machine(named, path);
  if (segment === undefined || (!isAnybody && !found)) return;
  const segments = found ? found.interfaces.map((one) => one.segment) : lab.segments.map((one) => one.name);
  if (segments.includes(segment)) return;
  const fix = didYouMean(segment, segments, found ? `segments of ${named}` : 'segments');
  report(
    found ? 'not-attached' : 'unknown-segment',
    found ? `${named} is not on a segment '${segment}'` : `there is no segment '${segment}'`,
    path,
    fix,
  );
}
