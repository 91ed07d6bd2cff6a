/** Seeded choices: the same seed, step and turn choose the same, whatever other steps exist. */

/** Uniform in [0, 1): SplitMix32's finaliser (G. Steele et al.: Fast Splittable Pseudorandom Number Generators, 2014) over a hash. */
export function chance(seed: number, ...what: readonly (string | number)[]): number {
  let state = seed >>> 0;
  for (const char of what.join('\u0000')) state = mix(state ^ (char.codePointAt(0) ?? 0));
  return mix(state) / 2 ** 32;
}

function mix(input: number): number {
  let state = (input + 0x9e3779b9) >>> 0;
  state = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
  state = Math.imul(state ^ (state >>> 15), 0x735a2d97);
  return (state ^ (state >>> 15)) >>> 0;
}
