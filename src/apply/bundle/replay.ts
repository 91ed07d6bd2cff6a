/** Brings the lab of a bundle up again, verifies it, and lists what differs from the first run. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Diagnostic } from '../../core/diagnostic.js';
import { badInput, LabnetError, messageOf } from '../../core/errors.js';
import type { Emit } from '../../core/events.js';
import type { Files } from '../../transport/archive.js';
import { unpackFiles } from '../../transport/archive.js';
import { Lab } from '../lab.js';
import { whyUnread } from '../topology-text.js';
import { TOPOLOGY } from './contents.js';
import type { Compared } from './differences.js';
import { compareRuns } from './differences.js';
import type { Manifest } from './manifest.js';
import { readManifest, refused } from './manifest.js';
import { readVerdicts, readVersions } from './read.js';

export type ReplayOptions = {
  /** Leaves the lab running. */
  readonly keep?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly emit?: Emit | undefined;
};

export type Replayed = {
  readonly lab: string;
  /** When the bundle was made; ISO 8601. */
  readonly created: string;
  /** Whether every check has the same verdict as in the bundle. */
  readonly equal: boolean;
  readonly parts: readonly Compared[];
  readonly warnings: readonly Diagnostic[];
  /** The state folder of the lab, where it was left running. */
  readonly stateDir?: string;
};

/** @throws LabnetError bundle-refused, bundle-newer, and the errors of `up` */
export async function replay(path: string, options: ReplayOptions = {}): Promise<Replayed> {
  const { files, manifest, topology } = await openBundle(path);
  const folder = mkdtempSync(join(tmpdir(), 'labnet-replay-'));
  let isKept = false;
  try {
    // In a folder of its own, as the name of the file comes from the bundle.
    mkdirSync(join(folder, 'topology'));
    const file = join(folder, 'topology', manifest.file);
    writeFileSync(file, topology, { flag: 'wx' });
    // With a state folder of its own, so that a running lab of the same name is not touched.
    const stateDir = join(folder, 'state');
    mkdirSync(stateDir, { mode: 0o700 });
    const replayed = await run(file, stateDir, { files, manifest }, options);
    isKept = options.keep === true;
    return { ...replayed, ...(isKept && { stateDir }) };
  } finally {
    if (!isKept) rmSync(folder, { recursive: true, force: true });
  }
}

type Opened = { readonly files: Files; readonly manifest: Manifest };

/** Nothing of it is written. */
async function openBundle(path: string): Promise<Opened & { readonly topology: Buffer }> {
  try {
    const files = await unpackFiles(path);
    const manifest = readManifest(path, files);
    readVerdicts(files);
    readVersions(files);
    const topology = files.get(TOPOLOGY);
    if (!topology) throw refused(path, `it has no ${TOPOLOGY}`);
    return { files, manifest, topology };
  } catch (error) {
    if (error instanceof LabnetError) throw error;
    // A system call's error is about the file, not about what is in it.
    if (error instanceof Error && 'syscall' in error)
      throw badInput('file-unreadable', `${path}: ${whyUnread(error)}`, 'name a bundle that you may read');
    throw refused(path, `it ${messageOf(error)}`);
  }
}

async function run(
  file: string,
  stateDir: string,
  { files, manifest }: Opened,
  { keep, signal, emit }: ReplayOptions,
): Promise<Omit<Replayed, 'stateDir'>> {
  // Whatever the driver was: namespaces run no provision scripts, which would write to this computer's disk.
  const lab = await Lab.up(file, { stateDir, signal, emit });
  let isDone = false;
  try {
    const now = await untilStopped(again(lab, manifest), signal);
    const parts = compareRuns(files, now);
    const equal = parts.find(({ part }) => part === 'verdicts')?.differs.length === 0;
    isDone = true;
    return { lab: lab.name, created: manifest.created, equal, parts, warnings: lab.warnings };
  } finally {
    await (keep === true && isDone ? lab.close() : lab.down());
  }
}

async function again(lab: Lab, { kinds }: Manifest): Promise<Files> {
  const { files } = await lab.bundle(await lab.verifyInFull({ kinds, traces: false }), kinds);
  return files;
}

/** What goes on meanwhile ends with the lab. */
async function untilStopped<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  const stopped = new Promise<never>((_, reject) => {
    const stop = (): void =>
      reject(
        new LabnetError(
          [{ code: 'interrupted', severity: 'error', message: 'stopped; the lab is removed' }],
          130,
        ),
      );
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
  });
  work.catch(() => undefined);
  return Promise.race([work, stopped]);
}
