/** Reads a topology, from a file or from data, up to the lab it means. */
import { readFileSync, statSync } from 'node:fs';
import { relative, resolve as resolvePath } from 'node:path';
import type { Diagnostic } from '../core/diagnostic.js';
import { diagnostic, isError } from '../core/diagnostic.js';
import { LabnetError, messageOf } from '../core/errors.js';
import { inPhase } from '../core/phases.js';
import { list } from '../core/suggest.js';
import type { Lab } from '../model/lab.js';
import { resolve } from '../model/resolve.js';
import { parseTopology } from '../topology/parse.js';
import { LIMITS } from '../topology/document.js';
import { topologyFiles } from './folder.js';
import type { TopologyData } from '../topology/schema.js';

export type Loaded = {
  readonly lab: Lab;
  /** Absolute; empty where the topology came as data. */
  readonly file: string;
  readonly warnings: readonly Diagnostic[];
};
export type Checked = {
  readonly lab?: Lab;
  readonly file: string;
  readonly diagnostics: readonly Diagnostic[];
};

/** A topology as a file's path, or as data. */
export type TopologyInput = string | TopologyData;

/** @throws LabnetError with exit code 2 and every mistake in the file */
export async function loadTopology(input: TopologyInput): Promise<Loaded> {
  const { lab, file, diagnostics } = await checkTopology(input);
  if (!lab) throw new LabnetError(diagnostics, 2);
  return { lab, file, warnings: diagnostics.filter((one) => !isError(one)) };
}

export async function checkTopology(input: TopologyInput): Promise<Checked> {
  if (typeof input !== 'string') {
    const { stringify } = await import('yaml');
    return { file: '', ...understand(stringify(input), 'topology') };
  }
  const file = resolvePath(input);
  const shown = relative(process.cwd(), file);
  const text = readText(file, shown);
  if (typeof text !== 'string') return { file, diagnostics: [text] };
  return { file, ...understand(text, shown.startsWith('..') ? file : shown) };
}

function understand(text: string, file: string): ReturnType<typeof resolve> {
  const parsed = inPhase('parse', () => parseTopology(text, file));
  return inPhase('resolve', () => resolve(parsed));
}

function readText(file: string, shown: string): string | Diagnostic {
  try {
    // A file that is too large to be one is not read; parsing says so of the rest.
    if (statSync(file).size > 64 * LIMITS.bytes)
      return diagnostic('file-too-large', `${shown} is larger than any topology`, {
        fix: 'name a topology file',
      });
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why =
      code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : messageOf(error);
    return diagnostic('file-unreadable', `${shown}: ${why}`, {
      fix: code === 'ENOENT' ? elsewhere() : 'name a topology file that you may read',
    });
  }
}

function elsewhere(): string {
  const files = topologyFiles();
  return files.length > 0 ? `files here: ${list(files)}` : "'labnet init' writes one to start from";
}
