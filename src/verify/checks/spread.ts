/** The segments a check sends from: all of a small lab, some of a large one, so that the number of probes grows only linearly. */
import { memoizedFor } from '../../core/memo.js';
import { count } from '../../core/text.js';
import type { Machine } from '../../model/lab.js';
import type { View } from '../../model/view.js';
import { speakerOf } from './common.js';

/** Enough for every other segment in labs of up to sixteen sites. */
export const ASKED_AT_MOST = 17;

/** At most this many, evenly spread and in their order. Each turn selects others, so that together all are used. */
export function spread<Item>(all: readonly Item[], turn: number, most = ASKED_AT_MOST): readonly Item[] {
  if (all.length <= most) return all;
  const chosen = new Set(
    Array.from({ length: most }, (_, index) => (Math.floor((index * all.length) / most) + turn) % all.length),
  );
  return all.filter((_, index) => chosen.has(index));
}

/** `2 segments`, or `17 of 50 segments` */
export const fromText = (asked: number, all: number): string =>
  asked === all ? count(asked, 'segment') : `${asked} of ${all} segments`;

type Speaker = readonly [segment: string, speaker: Machine];

const speakersIn = memoizedFor((view: View): readonly Speaker[] =>
  view.lab.segments.flatMap(({ name }): Speaker[] => {
    const speaker = speakerOf(view, name);
    return speaker ? [[name, speaker]] : [];
  }),
);

/** One host of each segment that is not left out. A host on several segments appears once. */
export function speakers(
  view: View,
  isLeftOut: (segment: string) => boolean,
  except?: string,
): readonly Machine[] {
  const found = speakersIn(view).flatMap(([segment, speaker]) => {
    if (isLeftOut(segment)) return [];
    return speaker.name === except ? (speakerOf(view, segment, except) ?? []) : speaker;
  });
  return [...new Set(found)];
}
