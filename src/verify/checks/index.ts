/** The kinds of check, in the order of the report. For a new kind add a file beside this one and a line here. */
import type { CheckKind } from '../check.js';
import { connect } from './connect.js';
import { denied } from './denied.js';
import { forward } from './forward.js';
import { gateway } from './gateway.js';
import { isolated } from './isolated.js';
import { link } from './link.js';
import { nat } from './nat.js';
import { path } from './path.js';
import { portControl } from './port-control.js';
import { published } from './published.js';
import { reach } from './reach.js';
import { seenAs } from './seen-as.js';

export const CHECK_KINDS: readonly CheckKind[] = [
  gateway,
  reach,
  published,
  forward,
  seenAs,
  nat,
  portControl,
  isolated,
  connect,
  denied,
  path,
  link,
];
