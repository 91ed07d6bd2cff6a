/** The actions, by their keys in a step. To add one, write a file here with a line below, and one in apply/run/actions/ that carries it out. */
import type * as z from 'zod';
import { capture, end } from './capture.js';
import { check, sample, verify } from './check.js';
import { exec } from './exec.js';
import { heal, linkDown, linkReset, linkSet, linkUp, partition } from './link.js';
import { start, stop } from './machine.js';
import { natFlush, natProbe, natSet, punch } from './nat.js';

export const ACTIONS = [
  exec,
  check,
  verify,
  sample,
  capture,
  end,
  linkSet,
  linkDown,
  linkUp,
  linkReset,
  partition,
  heal,
  natSet,
  natFlush,
  natProbe,
  punch,
  stop,
  start,
] as const;

type Known = (typeof ACTIONS)[number];
export type ActionName = Known['kind'];
export type ValueOf<Name extends ActionName> = z.infer<Extract<Known, { readonly kind: Name }>['schema']>;
export type Action = {
  [Name in ActionName]: { readonly kind: Name; readonly value: ValueOf<Name> };
}[ActionName];

export const ACTION_NAMES: readonly string[] = ACTIONS.map(({ kind }) => kind);
