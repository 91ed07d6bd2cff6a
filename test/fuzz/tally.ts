/** What has come of inputs, as numbers that add up. */
export type Tally = {
  inputs: number;
  labs: number;
  /** By driver. */
  readonly rendered: Record<string, number>;
  /** By code of a diagnostic: the inputs that have it. */
  readonly codes: Record<string, number>;
  /** Milliseconds on the clock, and which input took them. */
  slowest: { readonly number: number; readonly took: number };
};

export const newTally = (): Tally => ({
  inputs: 0,
  labs: 0,
  rendered: {},
  codes: {},
  slowest: { number: -1, took: 0 },
});

export function add(sum: Tally, { inputs, labs, rendered, codes, slowest }: Tally): void {
  sum.inputs += inputs;
  sum.labs += labs;
  for (const [driver, many] of Object.entries(rendered))
    sum.rendered[driver] = (sum.rendered[driver] ?? 0) + many;
  for (const [code, many] of Object.entries(codes)) sum.codes[code] = (sum.codes[code] ?? 0) + many;
  if (slowest.took > sum.slowest.took) sum.slowest = slowest;
}
