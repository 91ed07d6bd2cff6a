/** Makes a running lab what its file says, in place; where that fails it is again what it was. */
import type { Emit } from '../core/events.js';
import { failure } from '../core/errors.js';
import type { Driver } from '../drivers/driver.js';
import type { Lab, Machine } from '../model/lab.js';
import type { LabPlan } from '../plan/build.js';
import { planLab } from '../plan/build.js';
import type { LabRecord, Records } from '../state/record.js';
import type { Stale } from './stale.js';
import { both, forgetCommands, staleIn } from './stale.js';
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

export async function alterLab(after: Lab, known: LabRecord, options: AlterOptions): Promise<Altered> {
  const { records, driver, file, emit, signal } = options;
  const before = records.readLab(known);
  const { old, next } = plansOf(before, after);
  const folder = records.folder(known.name);
  const { stale: left = {}, ...record } = known;
  const save = (lab: Lab, complete: boolean, from: string, stale: Stale): LabRecord =>
    records.write({ ...record, file: from, complete, ...(!complete && { stale }) }, lab, folder);
  const alteration = await driver.alter(known.runtime, next, 'change');
  const stop = (): void => void alteration.close();
  signal?.addEventListener('abort', stop);
  try {
    // From here on the record is of what is to be: who finds it half made goes on from there.
    const stale = both(left, staleIn(before, after));
    save(after, false, file, stale);
    const changes = await alteration.apply(after, next, emit);
    await forgetStale(driver, stale, after, known);
    if (signal?.aborted === true) throw failure('interrupted', 'called off before it was done');
    return { record: save(after, true, file, {}), changes: reasoned(changes, before, after) };
  } catch (error) {
    await alteration.close();
    const stale = both(left, staleIn(after, before));
    save(before, false, known.file, stale);
    await takeBack(driver, { known, lab: before, plan: old, stale });
    save(before, true, known.file, {});
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
    await alteration.close();
  }
}

async function forgetStale(driver: Driver, stale: Stale, lab: Lab, { runtime }: LabRecord): Promise<void> {
  const commands = forgetCommands(stale, lab);
  if (commands.length === 0) return;
  const session = await driver.connect(lab, runtime);
  try {
    const failed = (await session.run(commands)).find(({ exitCode }) => exitCode !== 0);
    if (failed)
      throw failure(
        'step-failed',
        `old connections are not forgotten: ${failed.error ?? failed.stderr.trim()}`,
      );
  } finally {
    await session.close();
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

type Return = {
  readonly known: LabRecord;
  readonly lab: Lab;
  readonly plan: LabPlan;
  readonly stale: Stale;
};

async function takeBack(driver: Alterable, { known, lab, plan, stale }: Return): Promise<void> {
  const alteration = await driver.alter(known.runtime, plan, 'change');
  try {
    await alteration.apply(lab, plan, () => undefined);
    await forgetStale(driver, stale, lab, known);
  } catch {
    throw failure(
      'lab-changed',
      `lab ${lab.name} could not be changed, nor changed back`,
      `'labnet up' with either file goes on from here, 'labnet down ${lab.name}' takes it away`,
    );
  } finally {
    await alteration.close();
  }
}
