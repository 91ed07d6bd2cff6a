/** Brings a lab up, or changes the one that runs. */
import type { Diagnostic } from '../core/diagnostic.js';
import { LabnetError, failure, hasCode, together } from '../core/errors.js';
import type { Emit } from '../core/events.js';
import type { Creation, Driver, DriverOptions } from '../drivers/driver.js';
import { explained } from '../drivers/netns/room/explain.js';
import { DEFAULT_DRIVER, driverNamed, requireSsh } from '../drivers/registry.js';
import { planLab } from '../plan/build.js';
import type { LabRecord, Records } from '../state/record.js';
import { requireStateRoom } from '../state/room.js';
import { alterLab } from './alter.js';
import { lockInTurn } from './turn.js';
import type { StateOptions } from './labs.js';
import { isRunning, openRecords } from './labs.js';
import type { PlannedChange } from './planned.js';
import { wasWhole } from './recorded.js';
import { requireRoom } from './room.js';
import type { Loaded, LoadOptions, TopologyInput } from './topology-file.js';
import { baseDirOf, loadTopology } from './topology-file.js';

export type UpOptions = StateOptions &
  DriverOptions &
  LoadOptions & {
    readonly driver?: string | undefined;
    /** Stops `up`, as a failure does: see `onFailure`. */
    readonly signal?: AbortSignal | undefined;
    /**
     * What to do with a new lab on real machines that could not be brought up. Default: 'keep', so that the next `up`
     * continues with it. A lab of namespaces is always removed.
     */
    readonly onFailure?: 'keep' | 'remove' | undefined;
    readonly emit?: Emit | undefined;
  };

export type UpResult = Loaded & {
  readonly record: LabRecord;
  readonly created: boolean;
  /** What was changed in a lab that was running already. */
  readonly changes: readonly PlannedChange[];
};

export async function bringUp(input: TopologyInput, options: UpOptions = {}): Promise<UpResult> {
  const { driver: driverName = DEFAULT_DRIVER, signal } = options;
  const { warnings, emit } = keepingWarnings(options.emit);
  const driver = await driverNamed(driverName);
  requireSsh(options);
  let isChange = false;
  let begun: Creation | undefined;
  const stop = (): void => void begun?.abort();
  signal?.addEventListener('abort', stop);
  try {
    // The driver starts up while the file is being read, as both take about as long.
    const loaded = await loadTopology(input, {
      ...options,
      foresee: (name) => {
        begun = driver.begin(emit, options, likelyRuntime(name, driver, options));
      },
      expect: (machines) => begun?.expect?.(machines),
    });
    const creation = (begun ??= driver.begin(emit, options));
    const records = openRecords(options);
    requireStateRoom(driver.lasting ? records.lastingRoot : records.root, loaded.lab);
    const lock = await lockInTurn(records, loaded.lab.name, emit, signal);
    try {
      const known = records.read(loaded.lab.name);
      isChange = known !== undefined && wasWhole(known);
      const { sshConfig, onFailure } = options;
      const result = await create({ loaded, records, driver, creation, emit, signal, sshConfig, onFailure });
      return { ...result, warnings: [...result.warnings, ...driver.leavesOut(result.lab), ...warnings] };
    } catch (error) {
      await creation.abort();
      throw error;
    } finally {
      lock.release();
    }
  } catch (error) {
    await begun?.abort();
    throw signal?.aborted === true ? interrupted(driver, isChange) : explained(error);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** Passes events on, and keeps the warnings among them for the result. */
function keepingWarnings(next: Emit | undefined): { warnings: readonly Diagnostic[]; emit: Emit } {
  const warnings: Diagnostic[] = [];
  const emit: Emit = (event) => {
    if (event.kind === 'warning') warnings.push(event.warning);
    next?.(event);
  };
  return { warnings, emit };
}

/** Of a lab of this name that probably runs. A guess: the record is read again under the lock. */
function likelyRuntime(name: string | undefined, driver: Driver, options: UpOptions): unknown {
  if (name === undefined) return undefined;
  try {
    const known = openRecords(options).read(name);
    return known?.driver === driver.name ? known.runtime : undefined;
  } catch {
    return undefined;
  }
}

function interrupted({ lasting }: Driver, isChange: boolean): LabnetError {
  const left = isChange
    ? 'the lab is unchanged'
    : lasting
      ? "'labnet up' continues from here, 'labnet down' takes it down"
      : 'the lab is removed';
  return new LabnetError([{ code: 'interrupted', severity: 'error', message: `stopped; ${left}` }], 130);
}

type Bringing = DriverOptions & {
  readonly loaded: Loaded;
  readonly records: Records;
  readonly driver: Driver;
  readonly creation: Creation;
  readonly emit: Emit;
  readonly signal: AbortSignal | undefined;
  readonly onFailure: UpOptions['onFailure'];
};

async function create(bringing: Bringing): Promise<UpResult> {
  const { loaded, records, driver, creation, emit, signal, sshConfig } = bringing;
  const known = records.read(loaded.lab.name);
  if (known && (await isRunning(known))) {
    if (known.driver !== driver.name) throw otherDriver(known, driver);
    const { alter } = creation;
    if (!alter) await creation.abort();
    const { lab, file } = loaded;
    const altered = await alterLab(lab, known, { records, driver, alter, file, emit, signal, sshConfig });
    return { ...loaded, ...altered, created: !wasWhole(known) };
  }
  await endLeftover(records, loaded.lab.name, driver);
  requireRoom(driver, loaded.lab, emit);
  try {
    const made = await make(loaded, records, driver, creation);
    // The record comes first: one without a lab is cleaned up later, a lab without a record would never be found.
    const record = made.save(made.runtime, true);
    await creation.commit();
    return { ...loaded, record, created: true, changes: [] };
  } catch (error) {
    // It may have all file descriptors in use, and reading the folder needs one.
    await creation.abort();
    throw await removeFailed(bringing, error);
  }
}

/** @returns the error, with what could not be removed */
async function removeFailed(
  { loaded, records, driver, emit, onFailure = 'keep' }: Bringing,
  error: unknown,
): Promise<unknown> {
  const { name } = loaded.lab;
  const saved = driver.lasting ? records.read(name) : undefined;
  if (saved && onFailure === 'keep') return error;
  try {
    if (saved) await driver.destroy(saved.runtime, emit);
  } catch (why) {
    // The machines belong to another lab and were not touched, so there is nothing to undo.
    if (!hasCode(error, 'guest-in-use')) return error instanceof LabnetError ? together([error, why]) : error;
  }
  records.remove(name);
  return error;
}

/** Ends what a killed 'up' left behind: its holder process may still be alive for a moment. */
async function endLeftover(records: Records, name: string, driver: Driver): Promise<void> {
  if (!driver.lasting && records.names().includes(name)) await driver.destroyLabelled(records.folder(name));
  records.remove(name);
}

type Save = (runtime: unknown, complete: boolean) => LabRecord;

async function make(
  { lab, file }: Loaded,
  records: Records,
  { name: driver, lasting }: Driver,
  creation: Creation,
): Promise<{ runtime: unknown; save: Save }> {
  const label = records.make(lab.name, lasting);
  const created = new Date().toISOString();
  const save: Save = (runtime, complete) =>
    records.write({ name: lab.name, driver, created, file, runtime, complete }, lab, label);
  const creating = creation.create(lab, planLab(lab), {
    label,
    baseDir: baseDirOf(file),
    save: (soFar) => void save(soFar, false),
  });
  const [runtime] = await Promise.all([creating, lasting ? undefined : records.flush()]);
  return { runtime, save };
}

const otherDriver = ({ name, driver: known }: LabRecord, { name: wanted }: Driver): LabnetError =>
  failure(
    'lab-exists',
    `lab ${name} exists already, with the driver ${known} and not ${wanted}`,
    `take it down first: 'labnet down ${name}', or give the new one another name`,
  );
