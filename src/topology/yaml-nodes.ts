/** Helpers for nodes of a YAML tree of any kind. */
import type { Pair } from 'yaml';
import { isNode, isScalar } from 'yaml';

export const keyText = (pair: Pair): string =>
  isScalar(pair.key) ? String(pair.key.value) : String(pair.key);

/** Offsets in the text, from and to. */
export function rangeOf(node: unknown): readonly [number, number] | undefined {
  if (!isNode(node) || !node.range) return undefined;
  return [node.range[0], node.range[1]];
}
