/** A separate seed for each direction of each link, as with the same seed all would lose the same packets. */
import { chance } from '../core/random.js';
import type { Impairment } from '../link/impairment.js';
import type { ImpairStep } from '../plan/step.js';

const SEEDS = 2 ** 31;

type Where = Pick<ImpairStep, 'machine' | 'segment' | 'direction'>;

/** Depends only on the seed in the file and the place of the link. */
export const withOwnSeed = (impairment: Impairment, { machine, segment, direction }: Where): Impairment =>
  impairment.seed === undefined
    ? impairment
    : { ...impairment, seed: Math.floor(chance(impairment.seed, machine, segment, direction) * SEEDS) };
