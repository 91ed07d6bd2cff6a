import * as z from 'zod';
import { didYouMean } from '../../core/suggest.js';
import { record } from '../../topology/record.js';
import type { Judging } from '../action.js';
import { action } from '../action.js';
import { name, time } from '../schema.js';

const place = z.string().max(100).describe('MACHINE or MACHINE:SEGMENT');

export const capture = action({
  kind: 'capture',
  about: "captures packets to a pcapng, until an 'end' of its name, for a time, or to the end of the run",
  schema: record({
    at: z
      .union([place, z.array(place).min(1).max(100)])
      .describe('MACHINE or MACHINE:SEGMENT, or a list of them'),
    filter: z.string().max(1000).optional().describe("as pcap-filter(7) has it, such as 'udp port 53'"),
    for: time.optional().describe('for how long'),
  }).describe('{ at: MACHINE }'),
  judge: ({ at, for: length }, judging) => {
    if (length !== undefined) judging.time(length, ['for']);
    for (const [index, one] of [at].flat().entries())
      judgePlace(one, typeof at === 'string' ? ['at'] : ['at', index], judging);
  },
  text: ({ at, filter }) => `capture ${[at].flat().join(' ')}${filter === undefined ? '' : `: ${filter}`}`,
  isOngoing: () => true,
});

function judgePlace(text: string, path: readonly (string | number)[], { machine, report }: Judging): void {
  const [named = '', segment] = text.split(/:(.*)/s, 2);
  const found = machine(named, path);
  const segments = found?.interfaces.map((one) => one.segment) ?? [];
  if (!found || segment === undefined || segments.includes(segment)) return;
  const fix = didYouMean(segment, segments, `segments of ${named}`);
  report('not-attached', `${named} is not on a segment '${segment}'`, path, fix);
}

export const end = action({
  kind: 'end',
  about: 'ends what an earlier step has started: a capture, a series, a program in the background',
  schema: name.describe('the name of that step'),
  judge: (named, judging) => judging.ongoing(named, []),
  text: (named) => `end ${named}`,
});
