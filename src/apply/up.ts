/** Brings a lab up, or finds that it is. */
import { LabnetError, failure } from '../core/errors.js';
import type { Emit } from '../core/events.js';
import type { Creation } from '../drivers/driver.js';
import { DEFAULT_DRIVER, driverNamed } from '../drivers/registry.js';
import { buildSteps, planLab } from '../plan/build.js';
import { diffSteps } from '../plan/diff.js';
import type { LabRecord, Records } from '../state/record.js';
import { lockLab } from '../state/lock.js';
import type { StateOptions } from './labs.js';
import { isRunning, openRecords } from './labs.js';
import type { Loaded, TopologyInput } from './topology-file.js';
import { loadTopology } from './topology-file.js';

export type UpOptions = StateOptions & {
  readonly driver?: string | undefined;
  /** Stops it: nothing of the lab stays. */
  readonly signal?: AbortSignal | undefined;
  readonly emit?: Emit | undefined;
};

export type UpResult = Loaded & { readonly record: LabRecord; readonly created: boolean };

const LOCK_WAIT = 10_000;

export async function bringUp(input: TopologyInput, options: UpOptions = {}): Promise<UpResult> {
  const { emit = () => undefined, driver: driverName = DEFAULT_DRIVER, signal } = options;
  const driver = await driverNamed(driverName);
  // Started before the file is read: it takes as long as that.
  const creation = driver.begin(emit);
  const stop = (): void => void creation.abort();
  signal?.addEventListener('abort', stop);
  try {
    const loaded = await loadTopology(input);
    const records = openRecords(options);
    const lock = await lockLab(records.root, loaded.lab.name, LOCK_WAIT);
    try {
      const result = await create(loaded, records, driverName, creation);
      return { ...result, warnings: [...result.warnings, ...driver.leavesOut(result.lab)] };
    } catch (error) {
      await creation.abort();
      throw error;
    } finally {
      lock.release();
    }
  } catch (error) {
    await creation.abort();
    throw signal?.aborted === true ? interrupted() : error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

export const interrupted = (): LabnetError =>
  new LabnetError(
    [{ code: 'interrupted', severity: 'error', message: 'stopped; nothing of the lab stays' }],
    130,
  );

async function create(
  loaded: Loaded,
  records: Records,
  driver: string,
  creation: Creation,
): Promise<UpResult> {
  const { lab, file } = loaded;
  const known = records.read(lab.name);
  if (known && (await isRunning(known))) {
    await creation.abort();
    return { ...unchanged(loaded, records, known), created: false };
  }
  records.remove(lab.name);
  try {
    const runtime = await creation.create(lab, planLab(lab), records.folder(lab.name));
    // Written before the lab can live without us: a record without a lab is swept up, a lab without a record is not.
    const written = { name: lab.name, driver, created: new Date().toISOString(), file, runtime };
    const record = records.write(written, lab);
    await creation.commit();
    return { ...loaded, record, created: true };
  } catch (error) {
    records.remove(lab.name);
    throw error;
  }
}

function unchanged(loaded: Loaded, records: Records, record: LabRecord): Loaded & { record: LabRecord } {
  const changes = diffSteps(buildSteps(records.readLab(record)), buildSteps(loaded.lab));
  if (changes.length === 0) return { ...loaded, record };
  const signs = { added: '+', removed: '-', changed: '~' } as const;
  const shown = changes.slice(0, SHOWN).map(({ change, text }) => `  ${signs[change]} ${text}`);
  const more = changes.length > SHOWN ? [`  … and ${changes.length - SHOWN} more`] : [];
  const from = record.file !== '' && record.file !== loaded.file ? ` (from ${record.file})` : '';
  throw failure(
    'lab-changed',
    [`lab ${record.name} is running${from}, and the file now differs:`, ...shown, ...more].join('\n'),
    `apply it: 'labnet down ${record.name}', then 'labnet up' again`,
  );
}

const SHOWN = 20;
