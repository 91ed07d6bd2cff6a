/** What happens while labnet works, for whoever shows progress. */

export type Phase =
  'parse' | 'resolve' | 'start' | 'namespaces' | 'rules' | 'boot' | 'apply' | 'checks' | 'stop';

export type Event =
  /** A phase begins, goes on or ends: `done` of `total` machines, checks or whatever it counts. */
  { readonly kind: 'progress'; readonly phase: Phase; readonly done: number; readonly total: number };

export type Emit = (event: Event) => void;
