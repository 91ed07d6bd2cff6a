/** From values to places on a drawing, with ticks at round numbers (P. Heckbert: Nice Numbers for Graph Labels, 1990). */

export type Scale = {
  readonly place: (value: number) => number;
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
};

/** @param most of ticks, about */
export function scaleOf(values: readonly number[], from: number, to: number, most = 6): Scale {
  const [low, top] = rangeOf(values);
  // Where all are the same there is still a scale.
  const high = top > low ? top : low + 1;
  const step = niceStep((high - low) / most);
  const [first, last] = [Math.floor(low / step) * step, Math.ceil(high / step) * step];
  const place = (value: number): number =>
    rounded(from + ((value - first) / (last - first || 1)) * (to - from));
  const count = Math.round((last - first) / step);
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  const ticks = Array.from({ length: count + 1 }, (_, index) => {
    const value = first + index * step;
    return { at: place(value), text: value.toFixed(Math.min(digits, 20)) };
  });
  return { place, ticks };
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const share = rough / power;
  return (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10) * power;
}

/** With 0 in it. As arguments of Math.max they might be too many. */
const rangeOf = (values: readonly number[]): readonly [number, number] =>
  values.reduce<readonly [number, number]>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [0, 0],
  );

const rounded = (place: number): number => Math.round(place * 100) / 100;
