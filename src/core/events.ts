/** What happens while labnet works, for whoever shows progress. */

import type { Diagnostic } from './diagnostic.js';

export type Phase =
  'parse' | 'resolve' | 'start' | 'namespaces' | 'changes' | 'rules' | 'boot' | 'apply' | 'checks' | 'stop';

export type Event =
  /** A phase begins, goes on or ends: `done` of `total` machines, checks or whatever it counts. */
  | { readonly kind: 'progress'; readonly phase: Phase; readonly done: number; readonly total: number }
  /** What a machine is at, or what it keeps us waiting for. */
  | { readonly kind: 'machine'; readonly machine: string; readonly text: string }
  /** Another labnet is working on the lab, and is waited for. */
  | { readonly kind: 'waiting'; readonly lab: string; readonly who: string }
  /** What is good to know, and no failure. */
  | { readonly kind: 'warning'; readonly warning: Diagnostic };

export type Emit = (event: Event) => void;
