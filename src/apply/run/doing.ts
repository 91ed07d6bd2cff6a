/** What the steps of a run are carried out with, and what comes of one. */
import type { Action, ActionName } from '../../scenario/actions/index.js';
import type { Step } from '../../scenario/step.js';
import type { Verdict } from '../../verify/report.js';
import type { Lab } from '../lab.js';
import type { Results } from './results.js';

/** Numbers of one kind, such as the round trips of a series. */
export type Measured = {
  readonly unit: string;
  readonly values: readonly number[];
  /** Of a series, when each was: milliseconds since the run began. */
  readonly times?: readonly number[];
  /** And when there was none. */
  readonly missing?: readonly number[];
};

export type Done = {
  /** `error`: it could not be judged, which no `expect` allows. */
  readonly status: 'pass' | 'fail' | 'error';
  readonly detail: string;
  /** In a word or two, where it is more than whether it passed: `direct`. */
  readonly outcome?: string;
  /** Of a step with `within`: how often it was tried. */
  readonly tries?: number;
  /** By name, such as `rtt`. */
  readonly measured?: Readonly<Record<string, Measured>>;
  readonly verdicts?: readonly Verdict[];
};

/** What goes on by itself until it is ended. */
export type Ongoing = {
  readonly end: () => Promise<Done>;
  /** Of what ends by itself, when it has: the run does not end before. */
  readonly over?: Promise<unknown>;
};

export type Doing<Name extends ActionName = ActionName> = {
  readonly lab: Lab;
  readonly step: Step;
  readonly value: Extract<Action, { readonly kind: Name }>['value'];
  readonly results: Results;
  /** Aborted when the run is over before its time. */
  readonly signal: AbortSignal;
  /** Milliseconds since the run began, of a time of the day in milliseconds. */
  readonly since: (time: number) => number;
  /** Machines that are stopped. */
  readonly away: Set<string>;
  /** Ends what a step of that name has begun. */
  readonly end: (name: string) => Promise<Done>;
  /** Called by an action that goes on: the step is done, and this is not. */
  readonly goesOn: (ongoing: Ongoing) => void;
};

export type Doer<Name extends ActionName> = (doing: Doing<Name>) => Promise<Done>;
