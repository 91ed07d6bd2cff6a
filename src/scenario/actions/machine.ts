import { action } from '../action.js';
import { name } from '../schema.js';

const machine = name.describe('a machine of the topology');

export const stop = action({
  kind: 'stop',
  about:
    'takes a machine away, as pulling its plug would: its programs, its interfaces, and what its NAT remembers',
  schema: machine,
  judge: (named, judging) => void judging.machine(named, []),
  text: (named) => `stop ${named}`,
});

export const start = action({
  kind: 'start',
  about: 'starts a stopped machine again, as the topology has it',
  schema: machine,
  judge: (named, judging) => void judging.machine(named, []),
  text: (named) => `start ${named}`,
});
