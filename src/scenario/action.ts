/** The type of an action: its key in a step, the schema of its value, and what it needs of the lab. */
import type * as z from 'zod';
import type { DiagnosticCode } from '../core/diagnostic.js';
import type { Lab, Machine } from '../model/lab.js';
import type { WrittenCheck as Written } from '../topology/schema.js';
import type { Path } from '../topology/source.js';

/** The means to check an action; paths are relative to its value. */
export type Judging = {
  readonly lab: Lab;
  readonly report: (code: DiagnosticCode, message: string, path: Path, fix: string) => void;
  /** The machine with this name; undefined, and reported, if there is none. */
  readonly machine: (name: string, path: Path) => Machine | undefined;
  /** A time; undefined, and reported, if it is not a time or is negative. */
  readonly time: (written: string | number, path: Path) => number | undefined;
  /** A check as in a topology; its mistakes are reported once all checks are known. */
  readonly check: (written: Written, path: Path) => void;
  /** A step that continues in the background until it is ended; reported if there is none of that name. */
  readonly ongoing: (name: string, path: Path) => void;
};

export type ActionKind<Kind extends string, Schema extends z.ZodType> = {
  /** The key in a step. */
  readonly kind: Kind;
  /** For the documentation. */
  readonly about: string;
  readonly schema: Schema;
  readonly judge: (value: z.infer<Schema>, judging: Judging) => void;
  /** In a few words, for lists. */
  readonly text: (value: z.infer<Schema>) => string;
  /** Whether it continues in the background once it has started. */
  readonly isOngoing?: (value: z.infer<Schema>) => boolean;
  /** Whether it can be tried again until it ends as it must: it only asks, or does what may be done twice. */
  readonly canRepeat?: (value: z.infer<Schema>) => boolean;
};

export const action = <const Kind extends string, Schema extends z.ZodType>(
  kind: ActionKind<Kind, Schema>,
): ActionKind<Kind, Schema> => kind;
