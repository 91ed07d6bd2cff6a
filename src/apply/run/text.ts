/** The text of a file that somebody wrote, and what it is called. */
import { relative, resolve as resolvePath } from 'node:path';
import type { Diagnostic } from '../../core/diagnostic.js';
import { unread } from '../topology-file.js';
import { readText } from '../topology-text.js';

/** `shown`: its path as diagnostics have it. */
export type Text = { readonly file: string; readonly shown: string; readonly text: string };

/** A file, or why it cannot be read. */
export function read(path: string): Text | Diagnostic {
  const file = resolvePath(path);
  const near = relative(process.cwd(), file);
  const shown = near.startsWith('..') ? file : near;
  const text = readText(file);
  return typeof text === 'string' ? { file, shown, text } : unread(shown, text);
}
