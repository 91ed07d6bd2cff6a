/** The seed of each direction of each link: with one for all, all would lose the same packets. */
import { chance } from '../core/random.js';
import type { Impairment } from '../link/impairment.js';
import type { ImpairStep } from '../plan/step.js';

const SEEDS = 2 ** 31;

type Where = Pick<ImpairStep, 'machine' | 'segment' | 'direction'>;

/** What follows from the seed that is written and from where the link is, and from nothing else. */
export const withOwnSeed = (impairment: Impairment, { machine, segment, direction }: Where): Impairment =>
  impairment.seed === undefined
    ? impairment
    : { ...impairment, seed: Math.floor(chance(impairment.seed, machine, segment, direction) * SEEDS) };
