/** Events of an operation, for showing progress. */

import type { Diagnostic } from './diagnostic.js';

export type Phase =
  'parse' | 'resolve' | 'start' | 'namespaces' | 'changes' | 'rules' | 'boot' | 'apply' | 'checks' | 'stop';

export type Event =
  /** The progress of a phase: `done` of `total` machines, checks, or whatever it counts. */
  | { readonly kind: 'progress'; readonly phase: Phase; readonly done: number; readonly total: number }
  /** What is being done in a machine, or waited for there. */
  | { readonly kind: 'machine'; readonly machine: string; readonly text: string }
  /** Another labnet is working on the lab, and this one waits for it. */
  | { readonly kind: 'waiting'; readonly lab: string; readonly who: string }
  /** Something to know that is no failure. */
  | { readonly kind: 'warning'; readonly warning: Diagnostic };

export type Emit = (event: Event) => void;
