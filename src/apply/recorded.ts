/** Changes of a running lab that are on record before they are made, so that the next command finishes what a killed one began. */
import type { Driver } from '../drivers/driver.js';
import type { Lab } from '../model/lab.js';
import type { LabRecord, Records } from '../state/record.js';
import type { Session } from '../transport/session.js';

/** A lab that runs, for whoever looks at it or changes it. */
export type RunningLab = {
  readonly records: Records;
  readonly record: LabRecord;
  readonly driver: Driver;
  /** One session for all; whoever opened the lab closes it. */
  readonly connect: () => Promise<Session>;
  /** A session of its own, that may change the lab; the caller closes it. */
  readonly connectToChange: () => Promise<Session>;
};

export type RecordedChange<Result> = {
  readonly before: Lab;
  readonly after: Lab;
  readonly make: () => Promise<Result>;
  /** Puts the lab back to `before`, as far as that can be done. */
  readonly undo: (error: unknown) => Promise<unknown>;
  /** Whether every machine is set up once the change is made. Default: as it was. */
  readonly complete?: boolean;
};

/**
 * Makes a change under the lab's lock. Where it fails, the lab and its record are what they were.
 * @throws whatever `make` throws
 */
export async function makeRecorded<Result>(
  { records, record }: Pick<RunningLab, 'records' | 'record'>,
  { before, after, make, undo, complete = record.complete }: RecordedChange<Result>,
): Promise<{ readonly record: LabRecord; readonly result: Result }> {
  const folder = records.folder(record.name);
  records.write(begun(record), after, folder);
  try {
    const result = await make();
    return { record: records.write({ ...record, complete }, after, folder), result };
  } catch (error) {
    // What cannot be undone is found by the next 'up', which compares the lab with this record.
    await undo(error).catch(() => undefined);
    records.write(record, before, folder);
    throw error;
  }
}

/** Whether a lab was ever whole: one that is being changed was. */
export const wasWhole = ({ complete, stale }: LabRecord): boolean => complete || stale !== undefined;

/** The record during a change: whoever finds it compares the whole lab, and ends programs that the change left running. */
const begun = (record: LabRecord): LabRecord => ({
  ...record,
  complete: false,
  ...(wasWhole(record) && { stale: record.stale ?? {} }),
});
