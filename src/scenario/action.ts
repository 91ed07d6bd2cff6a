/** What an action is: its key in a step, the form of what is behind it, and what in a lab it needs. */
import type * as z from 'zod';
import type { DiagnosticCode } from '../core/diagnostic.js';
import type { Lab, Machine } from '../model/lab.js';
import type { WrittenCheck as Written } from '../topology/schema.js';
import type { Path } from '../topology/source.js';

/** What an action is judged with; paths are from its value. */
export type Judging = {
  readonly lab: Lab;
  readonly report: (code: DiagnosticCode, message: string, path: Path, fix: string) => void;
  /** The machine of a name; undefined where there is none, which has been said. */
  readonly machine: (name: string, path: Path) => Machine | undefined;
  /** A time; undefined for what is none, or is negative, which has been said. */
  readonly time: (written: string | number, path: Path) => number | undefined;
  /** A check as those of a topology; what is wrong with it is said when all are known. */
  readonly check: (written: Written, path: Path) => void;
  /** A step that goes on by itself until it is ended; undefined where there is none of that name, which has been said. */
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
  /** Whether it goes on by itself once it has begun. */
  readonly isOngoing?: (value: z.infer<Schema>) => boolean;
  /** Whether it only asks, or does what may be done twice: it can be tried again until it ends as it has to. */
  readonly canRepeat?: (value: z.infer<Schema>) => boolean;
};

export const action = <const Kind extends string, Schema extends z.ZodType>(
  kind: ActionKind<Kind, Schema>,
): ActionKind<Kind, Schema> => kind;
