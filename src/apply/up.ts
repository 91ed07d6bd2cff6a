/** Brings a lab up, or finds that it is. */
import { dirname } from 'node:path';
import type { Diagnostic } from '../core/diagnostic.js';
import { LabnetError, failure } from '../core/errors.js';
import type { Emit } from '../core/events.js';
import type { Creation, Driver, DriverOptions } from '../drivers/driver.js';
import { explained } from '../drivers/netns/room/explain.js';
import { DEFAULT_DRIVER, driverNamed } from '../drivers/registry.js';
import { planLab } from '../plan/build.js';
import type { LabRecord, Records } from '../state/record.js';
import { requireStateRoom } from '../state/room.js';
import { alterLab, wasWhole } from './alter.js';
import { lockInTurn } from './turn.js';
import type { StateOptions } from './labs.js';
import { isRunning, openRecords } from './labs.js';
import { requireRoom } from './room.js';
import type { PlannedChange } from './planned.js';
import type { Loaded, LoadOptions, TopologyInput } from './topology-file.js';
import { loadTopology } from './topology-file.js';

export type UpOptions = StateOptions &
  DriverOptions &
  LoadOptions & {
    readonly driver?: string | undefined;
    /** Stops it: nothing of the lab stays, or of a lasting one what the next `up` goes on with. */
    readonly signal?: AbortSignal | undefined;
    readonly emit?: Emit | undefined;
  };

export type UpResult = Loaded & {
  readonly record: LabRecord;
  readonly created: boolean;
  /** What was done to a lab that ran already. */
  readonly changes: readonly PlannedChange[];
};

export async function bringUp(input: TopologyInput, options: UpOptions = {}): Promise<UpResult> {
  const { driver: driverName = DEFAULT_DRIVER, signal } = options;
  const { warnings, emit } = keepingWarnings(options.emit);
  const driver = await driverNamed(driverName);
  let isChange = false;
  let begun: Creation | undefined;
  const stop = (): void => void begun?.abort();
  signal?.addEventListener('abort', stop);
  try {
    // Started before the file is understood: it takes as long as that.
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
      const { sshConfig } = options;
      const result = await create({ loaded, records, driver, creation, emit, signal, sshConfig });
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

/** Of a lab of this name that probably runs; it is looked at again when its turn has come. */
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
    ? 'the lab is what it was'
    : lasting
      ? "'labnet up' goes on from here, 'labnet down' takes away what is there"
      : 'nothing of the lab stays';
  return new LabnetError([{ code: 'interrupted', severity: 'error', message: `stopped; ${left}` }], 130);
}

type Bringing = DriverOptions & {
  readonly loaded: Loaded;
  readonly records: Records;
  readonly driver: Driver;
  readonly creation: Creation;
  readonly emit: Emit;
  readonly signal: AbortSignal | undefined;
};

async function create({
  loaded,
  records,
  driver,
  creation,
  emit,
  signal,
  sshConfig,
}: Bringing): Promise<UpResult> {
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
    // Written before the lab can live without us: a record without a lab is swept up, a lab without a record is not.
    const record = made.save(made.runtime, true);
    await creation.commit();
    return { ...loaded, record, created: true, changes: [] };
  } catch (error) {
    // What it has open may be all that there may be, and the folder is not read without.
    await creation.abort();
    // What a lasting driver has written down is there to be gone on with.
    if (!driver.lasting || !records.read(loaded.lab.name)) records.remove(loaded.lab.name);
    throw error;
  }
}

/** Of an 'up' that was killed: its holder may be about to notice. */
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

/**
 * A lasting lab that is there, whole or half: made sure of, and finished.
 * @param only the machines that are to be another; all where it is left out
 */
export async function goOn(
  { lab, record, ...loaded }: Loaded & { record: LabRecord },
  records: Records,
  creation: Creation,
  only?: readonly string[],
): Promise<UpResult> {
  const label = records.folder(lab.name);
  const runtime = await creation.create(lab, planLab(lab), {
    label,
    baseDir: baseDirOf(loaded.file),
    ...(only && { only }),
    save: () => undefined,
  });
  const whole = records.write({ ...record, runtime, complete: true }, lab, label);
  await creation.commit();
  return { ...loaded, lab, record: whole, created: !record.complete, changes: [] };
}

const baseDirOf = (file: string): string => (file === '' ? process.cwd() : dirname(file));

const otherDriver = ({ name, driver: known }: LabRecord, { name: wanted }: Driver): LabnetError =>
  failure(
    'lab-exists',
    `lab ${name} is there already, by the driver ${known} and not ${wanted}`,
    `take it down first: 'labnet down ${name}', or give the other one another name`,
  );
