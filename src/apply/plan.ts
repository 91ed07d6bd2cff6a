/** What `up` would change, and what somebody changed in a running lab by hand. */
import { inPhase } from '../core/phases.js';
import type { DriverOptions } from '../drivers/driver.js';
import type { Diagnostic } from '../core/diagnostic.js';
import { DEFAULT_DRIVER, driverNamed, requireSsh } from '../drivers/registry.js';
import type { Lab } from '../model/lab.js';
import { buildSteps, planLab } from '../plan/build.js';
import { diffSteps } from '../plan/diff.js';
import type { LabRecord, Records } from '../state/record.js';
import { isRunning, openRecords } from './labs.js';
import type { StateOptions } from './labs.js';
import type { PlannedChange } from './planned.js';
import { withReasons } from './planned.js';
import type { CheckOptions, Loaded, TopologyInput } from './topology-file.js';
import { loadTopology } from './topology-file.js';

export type Planned = Loaded & {
  /** False where the lab does not run, and `up` would make all of it. */
  readonly running: boolean;
  /** False where the driver cannot look at machines in place, and only files were compared. */
  readonly observed: boolean;
  readonly driver: string;
  readonly changes: readonly PlannedChange[];
};

export type PlanUpOptions = StateOptions &
  DriverOptions &
  Pick<CheckOptions, 'expect'> & { readonly driver?: string | undefined };

/** @throws LabnetError exit code 2 for mistakes in the topology, 1 where the running lab cannot be inspected */
export async function planUp(input: TopologyInput, options: PlanUpOptions = {}): Promise<Planned> {
  const loaded = await loadTopology(input, { expect: options.expect });
  const records = openRecords(options);
  const known = records.read(loaded.lab.name);
  if (!known || !(await isRunning(known))) {
    requireSsh(options);
    const empty: Lab = { ...loaded.lab, machines: [], segments: [], checks: [] };
    const changes = inPhase('plan', () =>
      withReasons(diffSteps([], buildSteps(loaded.lab)), empty, loaded.lab),
    );
    const driver = options.driver ?? DEFAULT_DRIVER;
    const warnings = [...loaded.warnings, ...(await tight(driver, loaded.lab))];
    return { ...loaded, warnings, running: false, observed: true, driver, changes };
  }
  // The lab's own driver counts.
  requireSsh({ ...options, driver: known.driver });
  const before = records.readLab(known);
  const warnings = [...loaded.warnings, ...(await tight(known.driver, loaded.lab, before))];
  const changes = await changesTo(loaded.lab, known, records, options);
  return { ...loaded, warnings, running: true, driver: known.driver, ...changes };
}

/** Whether the lab fits on this computer: what `up` would refuse or warn of. */
async function tight(driver: string, lab: Lab, before?: Lab): Promise<Diagnostic[]> {
  const found = (await driverNamed(driver)).room(lab, before);
  return found.map((one) => ({ ...one, severity: 'warning' }));
}

export type Drift = Pick<Planned, 'observed' | 'changes'>;

/** @returns what differs from the lab as it was made; empty where nobody has touched it */
export async function driftOf(record: LabRecord, records: Records): Promise<Drift> {
  return changesTo(records.readLab(record), record, records);
}

async function changesTo(
  after: Lab,
  known: LabRecord,
  records: Records,
  options: DriverOptions = {},
): Promise<Drift> {
  const before = records.readLab(known);
  const driver = await driverNamed(known.driver);
  const plan = inPhase('plan', () => planLab(after));
  const { complete: isWhole, runtime } = known;
  const site = { purpose: 'look', baseDir: '', options, emit: () => undefined } as const;
  const alteration = await driver.alter(runtime, { before, isWhole, after, plan, ...site });
  try {
    return { observed: true, changes: withReasons(await alteration.inspect(), before, after) };
  } finally {
    await alteration.close();
  }
}
