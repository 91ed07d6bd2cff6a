/** A value that goes from one to another in steps, in their common unit. */
import type { Value } from '../topology/values.js';

type Quantity = { readonly number: number; readonly unit: string };

/** A number, or a text that begins with one; undefined for anything else. */
export function readQuantity(written: Value): Quantity | undefined {
  if (typeof written === 'number') return { number: written, unit: '' };
  const [, number, unit = ''] =
    /^\s*(-?\d{1,12}(?:\.\d{1,6})?)\s*([a-zA-Z%/]{0,10})\s*$/.exec(String(written)) ?? [];
  return number === undefined ? undefined : { number: Number(number), unit };
}

/** Evenly spread, both ends included; numbers if there is no unit. */
export function rampValues(from: Quantity, to: Quantity, steps: number): Value[] {
  return Array.from({ length: steps }, (_, index) => {
    const share = steps === 1 ? 1 : index / (steps - 1);
    const number = Number((from.number + (to.number - from.number) * share).toFixed(6));
    return from.unit === '' ? number : `${number}${from.unit}`;
  });
}
