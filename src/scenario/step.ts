/** A schedule is a list of steps as data. It depends only on the scenario, the values and the seed. */
import type { Milliseconds } from '../core/command.js';
import type { WrittenCheck } from '../model/lab.js';
import type { Action } from './actions/index.js';
import type { Expected } from './schema.js';

/** A time since the start of the run, or since all turns of another step were done. */
export type Start = { readonly at: Milliseconds } | { readonly after: string; readonly delay: Milliseconds };

export type Step = {
  /** Unique: `NAME`, or `NAME#TURN` if it is repeated. */
  readonly id: string;
  /** The name in the file, or `ACTION-NUMBER` by its position in the timeline. */
  readonly name: string;
  /** Its position in the timeline, from 0. */
  readonly entry: number;
  /** From 1. */
  readonly turn: number;
  readonly start: Start;
  readonly action: Action;
  /** The checks of its action, resolved. */
  readonly checks: readonly WrittenCheck[];
  readonly expect: Expected;
  /** For how long it is tried again until it ends as it must; undefined: it is tried once. */
  readonly within?: Milliseconds;
  /** What it does, in a few words. */
  readonly text: string;
  /** Of the file. */
  readonly line: number;
};

export type Schedule = {
  readonly steps: readonly Step[];
  /** The run lasts at least this long. */
  readonly duration: Milliseconds;
};
