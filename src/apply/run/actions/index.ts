/** What carries each action out: a file beside this and a line here. */
import type { ActionName } from '../../../scenario/actions/index.js';
import type { Doer } from '../doing.js';
import { capture, end } from './capture.js';
import { check, verify } from './check.js';
import { exec } from './exec.js';
import { link } from './link.js';
import { start, stop } from './machine.js';
import { natFlush, natProbe, natSet, punch } from './nat.js';
import { sample } from './sample.js';

export const DOERS: { readonly [Name in ActionName]: Doer<Name> } = {
  exec,
  check,
  verify,
  sample,
  capture,
  end,
  'link-set': link,
  'link-down': link,
  'link-up': link,
  'link-reset': link,
  partition: link,
  heal: link,
  'nat-set': natSet,
  'nat-flush': natFlush,
  'nat-probe': natProbe,
  punch,
  stop,
  start,
};
