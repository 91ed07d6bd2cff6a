/** The presets by name: a new one is a file beside this and a line here. */
import type { Preset } from '../behaviour.js';
import { homeRouter } from './home-router.js';
import { symmetric } from './symmetric.js';

export const DEFAULT_PRESET = 'home-router';

export const PRESETS: Readonly<Record<string, Preset>> = {
  [DEFAULT_PRESET]: homeRouter,
  symmetric,
};
