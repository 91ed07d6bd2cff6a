/** What `up` would do, as files a person can read and run. */
import type { Lab } from '../model/lab.js';
import type { RenderedFile } from '../render/scripts.js';
import { renderScripts } from '../render/scripts.js';
import { readTemplates } from '../transport/assets.js';

export type { RenderedFile };

export const render = (lab: Lab): RenderedFile[] => renderScripts(lab, readTemplates());
