/** Brings up the lab of the matrix, tries hole punching for every pair of NATs at the same time, and takes it down. */
import { badInput } from '../../core/errors.js';
import { didYouMean } from '../../core/suggest.js';
import { Lab } from '../lab.js';
import type { UpOptions } from '../up.js';
import type { Matrix } from './matrix.js';
import { MATRIX_PRESETS, matrixOf, matrixTopology, pairsOf, punchingOf } from './matrix.js';

export type MatrixOptions = UpOptions & { readonly presets?: readonly string[] | undefined };

export async function natMatrix({
  presets = MATRIX_PRESETS,
  ...options
}: MatrixOptions = {}): Promise<Matrix> {
  for (const preset of presets) {
    if (!MATRIX_PRESETS.includes(preset))
      throw badInput(
        'unknown-preset',
        `there is no NAT preset '${preset}'`,
        didYouMean(preset, MATRIX_PRESETS, 'presets'),
      );
  }
  const unique = [...new Set(presets)];
  await using lab = await Lab.up(matrixTopology(unique, `nat-matrix-${process.pid}`), options);
  const pairs = pairsOf(unique);
  return matrixOf(unique, pairs, await lab.converse(punchingOf(pairs)));
}
