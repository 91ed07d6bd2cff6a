/** The presets by name: a new one is a file beside this and a line here. */
import type { Preset } from '../behaviour.js';
import { carrierGrade } from './carrier-grade.js';
import { corporate } from './corporate.js';
import { fullCone } from './full-cone.js';
import { homeRouter } from './home-router.js';
import { oneToOne } from './one-to-one.js';
import { portRestrictedCone } from './port-restricted-cone.js';
import { restrictedCone } from './restricted-cone.js';
import { symmetric } from './symmetric.js';

/** The defaults for `masquerade` and for `static`. */
export const DEFAULT_PRESET = 'home-router';
export const STATIC_PRESET = 'one-to-one';

export const PRESETS: Readonly<Record<string, Preset>> = {
  'full-cone': fullCone,
  'restricted-cone': restrictedCone,
  'port-restricted-cone': portRestrictedCone,
  symmetric,
  [DEFAULT_PRESET]: homeRouter,
  'carrier-grade': carrierGrade,
  corporate,
  [STATIC_PRESET]: oneToOne,
};
