/** A sweep is the product of its lists, in the order of the file; the last list varies fastest. */
import type { Value, Values } from '../topology/values.js';

export type Sweep = Readonly<Record<string, readonly Value[]>>;

export const combinations = (sweep: Sweep): Values[] =>
  Object.entries(sweep).reduce<Values[]>(
    (made, [name, options]) =>
      made.flatMap((values) => options.map((value) => ({ ...values, [name]: value }))),
    [{}],
  );

/** Their number, without making them. */
export const combinationCount = (sweep: Sweep): number =>
  Object.values(sweep).reduce((product, { length }) => product * length, 1);

/** `natA=symmetric loss=1%`. */
export const valuesText = (values: Values): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
