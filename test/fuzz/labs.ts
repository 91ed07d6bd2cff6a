/** Labs out of thin air, for those who run what comes of them. */
import type { Lab } from '../../src/model/lab.js';
import { resolveText } from '../helpers/topologies.js';
import { goodData } from './inputs.js';
import { EVIL } from './words.js';

/** What a file's name cannot hold. */
const isName = (text: string): boolean =>
  text !== '' && !/[\0/]|[\ud800-\udfff]/.test(text) && text.length < 60;

/** Names of files that nobody should have. */
export const FILES = EVIL.filter(isName).map((name) => `${name}.yaml`);

/** Resolved from files with such names, and of no more machines than that. */
export function someLabs(seed: number, many: number, most = 12): Lab[] {
  const labs: Lab[] = [];
  for (let round = 0; labs.length < many && round < 50; round++) {
    for (const [index, data] of goodData(seed * 50 + round, many * 2).entries()) {
      const { lab } = resolveText(JSON.stringify(data), FILES[(index + round) % FILES.length]);
      if (lab && lab.machines.length <= most) labs.push(lab);
    }
  }
  return labs.slice(0, many);
}
