/** Makes a running lab what its file says, in place; where that fails it is again what it was. */
import type { Emit } from '../core/events.js';
import { failure } from '../core/errors.js';
import type { Alteration, Driver } from '../drivers/driver.js';
import type { Lab, Machine } from '../model/lab.js';
import type { LabPlan } from '../plan/build.js';
import { planLab } from '../plan/build.js';
import type { LabRecord, Records } from '../state/record.js';
import type { PlannedChange } from './planned.js';
import { reasoned } from './planned.js';

export type Altered = { readonly record: LabRecord; readonly changes: readonly PlannedChange[] };

export type Alterable = Driver & { readonly alter: NonNullable<Driver['alter']> };

export const isAlterable = (driver: Driver): driver is Alterable => driver.alter !== undefined;

/** Of two labs, with the neighbours of those alone who may have others than before. */
export function plansOf(before: Lab, after: Lab): { readonly old: LabPlan; readonly next: LabPlan } {
  const touched = touchedSegments(before, after);
  const isAsked = ({ interfaces }: Machine): boolean =>
    interfaces.some(({ segment }) => touched.has(segment));
  return { old: planLab(before, isAsked), next: planLab(after, isAsked) };
}

/** The segments on which somebody is new, gone, or otherwise than before. */
function touchedSegments(before: Lab, after: Lab): Set<string> {
  const [old, now] = [before, after].map(
    ({ machines }) =>
      new Map(
        machines.flatMap(({ name, interfaces }) =>
          interfaces.map((one) => [`${name} ${JSON.stringify(one)}`, one.segment] as const),
        ),
      ),
  );
  const only = (one = new Map<string, string>(), other = new Map<string, string>()): string[] =>
    [...one].filter(([key]) => !other.has(key)).map(([, segment]) => segment);
  return new Set([...only(old, now), ...only(now, old)]);
}

export async function alterLab(
  after: Lab,
  known: LabRecord,
  { records, driver, file, emit, signal }: AlterOptions,
): Promise<Altered> {
  const before = records.readLab(known);
  const { old, next } = plansOf(before, after);
  const folder = records.folder(known.name);
  const save = (lab: Lab, complete: boolean, from = file): LabRecord =>
    records.write({ ...known, file: from, complete }, lab, folder);
  let alteration = await driver.alter(known.runtime, next);
  const stop = (): void => void alteration.close();
  signal?.addEventListener('abort', stop);
  try {
    // From here on the record is of what is to be: who finds it half made goes on from there.
    save(after, false);
    const changes = await alteration.apply(after, next, emit);
    if (signal?.aborted === true) throw failure('interrupted', 'called off before it was done');
    return { record: save(after, true), changes: reasoned(changes, before, after) };
  } catch (error) {
    await alteration.close();
    alteration = await driver.alter(known.runtime, old);
    await takeBack(alteration, before, old);
    save(before, true, known.file);
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
    await alteration.close();
  }
}

export type AlterOptions = {
  readonly records: Records;
  readonly driver: Alterable;
  /** The topology file, absolute; empty for one that is none. */
  readonly file: string;
  readonly emit: Emit;
  readonly signal?: AbortSignal | undefined;
};

async function takeBack(alteration: Alteration, lab: Lab, plan: LabPlan): Promise<void> {
  try {
    await alteration.apply(lab, plan, () => undefined);
  } catch {
    throw failure(
      'lab-changed',
      `lab ${lab.name} could not be changed, nor changed back`,
      `'labnet up' with either file goes on from here, 'labnet down ${lab.name}' takes it away`,
    );
  }
}
