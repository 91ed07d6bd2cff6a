/** A draft of a topology with the names it is given, and the plan of its addresses. */
import type { Draft } from './topologies.js';

export type Data = Record<string, unknown>;

/** The names of one topology, the same number of each in every one. */
export type Names = {
  readonly lab: string;
  readonly segment: (index: number) => string;
  readonly router: (index: number) => string;
  readonly host: (index: number) => string;
};
export type Scene = { readonly draft: Draft; readonly names: Names };

export const at = <T>(list: readonly T[], index: number): T => {
  const found = list[index % list.length];
  if (found === undefined) throw new RangeError('an empty list');
  return found;
};

/** Also under `__proto__`, which an assignment would take for something else. */
export const named = (entries: readonly (readonly [string, unknown])[]): Data => Object.fromEntries(entries);
export const defined = (data: Data): Data =>
  named(Object.entries(data).filter(([, value]) => value !== undefined));

/** Where a segment's addresses are: its own space, or another's. */
const spaceOf = ({ segments }: Draft, index: number): number => segments[index]?.overlaps ?? index;
export const prefix4 = (draft: Draft, index: number): string =>
  draft.segments[index]?.isPublic === true
    ? `198.51.${100 + spaceOf(draft, index)}`
    : `10.${spaceOf(draft, index)}.0`;
export const six = (draft: Draft, index: number): string => `2001:db8:${spaceOf(draft, index)}:`;
/** The zeroes that a prefix as short as this has to have. */
export const network4 = (draft: Draft, index: number, length: number): string =>
  length < 8 ? '0.0.0' : length < 16 ? '10.0.0' : prefix4(draft, index);
export const network6 = (draft: Draft, index: number, length: number): string =>
  length < 32 ? ':' : six(draft, index);

export const hasSix = (draft: Draft, index: number): boolean => at(draft.segments, index).family !== 'four';
export const hasFour = (draft: Draft, index: number): boolean => at(draft.segments, index).family !== 'six';

/** The segments it is on, each once. */
export const onOf = ({ draft }: Scene, on: readonly number[]): number[] => [
  ...new Set(on.map((index) => index % draft.segments.length)),
];
