/** The text of a file, with the path to show in diagnostics. */
import { relative, resolve as resolvePath } from 'node:path';
import type { Diagnostic } from '../core/diagnostic.js';
import { diagnostic } from '../core/diagnostic.js';
import { list } from '../core/suggest.js';
import { topologyFiles } from './folder.js';
import type { Unread } from './topology-text.js';
import { readText } from './topology-text.js';

/** `shown`: the path for diagnostics. */
export type Text = { readonly file: string; readonly shown: string; readonly text: string };

/** Reads a file once, as it may be a pipe. Returns a diagnostic where it cannot be read. */
export function read(path: string): Text | Diagnostic {
  const file = resolvePath(path);
  const near = relative(process.cwd(), file);
  const shown = near.startsWith('..') ? file : near;
  const text = readText(file);
  return typeof text === 'string' ? { file, shown, text } : unread(shown, text);
}

function unread(shown: string, { why, isTooLarge, isMissing }: Unread): Diagnostic {
  if (isTooLarge) return diagnostic('file-too-large', `${shown} is ${why}`, { fix: 'name a topology file' });
  const fix = isMissing ? elsewhere() : 'name a topology file that you may read';
  return diagnostic('file-unreadable', `${shown}: ${why}`, { fix });
}

function elsewhere(): string {
  const files = topologyFiles();
  return files.length > 0 ? `files here: ${list(files)}` : "'labnet init' writes one to start from";
}
