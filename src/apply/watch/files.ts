/** The files of the page: from templates/, and its compiled program. */
import { readAsset } from '../../transport/assets.js';
import type { Given } from './server.js';

const SCRIPTS = ['main', 'picture', 'tables', 'tabs', 'actions', 'capture', 'trace', 'post', 'state', 'text'];

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="M8 8 3 3m5 5 5-5M8 8v5" stroke="#2b62b8" stroke-width="1.5"/><g fill="#2b62b8"><circle cx="8" cy="8" r="2.5"/><circle cx="3" cy="3" r="2"/><circle cx="13" cy="3" r="2"/><circle cx="8" cy="13.5" r="2"/></g></svg>';

export const readFrame = (): string => readAsset('templates/watch.html');

/** Undefined for an unknown file. */
export function fileOf(name: string): Given | undefined {
  if (name === 'watch.css')
    return { type: 'text/css; charset=utf-8', text: readAsset('templates/watch.css') };
  if (name === 'icon.svg') return { type: 'image/svg+xml', text: ICON };
  const script = SCRIPTS.find((one) => name === `${one}.js`);
  return script === undefined
    ? undefined
    : { type: 'text/javascript; charset=utf-8', text: readAsset(`dist/src/page/${script}.js`) };
}
