/** What the engine does when it is asked (protocol.ts), whichever thread or process it is. */
import { stat } from 'node:fs';
import { promisify } from 'node:util';
import { failure } from '../../../core/errors.js';
import type { PhaseName } from '../../../core/phases.js';
import { CLONE, enter } from '../../../sys/namespaces.js';
import { keepFromChildren, openProcess, startTimeIn, throughFd } from '../../../sys/process.js';
import { CHANGE_MARK, fromOutside, pinOf } from '../paths.js';
import { endAll } from './children.js';
import { Changer } from './change.js';
import { Builder } from './create.js';
import { Mesher } from './mesh/mesher.js';
import type { Operation, Operations } from './protocol.js';
import { Ahead } from './namespaces/ahead.js';
import { runAll } from './run.js';
import { runTest } from './test-run.js';
import { Sampler } from './watch/sampler.js';

type Handlers = {
  readonly [Op in Operation]: (argument: Operations[Op]['argument']) => Promise<Operations[Op]['result']>;
};

let ahead: Ahead | undefined;
let builder: Builder | undefined;
/** The folder in /proc of the holder of a lab that was entered. */
let entered: { readonly fd: number; readonly path: string } | undefined;
let changer: Changer | undefined;
let sampler: Sampler | undefined;

const enterMachine = (machine: string): void => {
  enter(entered ? fromOutside(entered.path, pinOf(machine)) : pinOf(machine), CLONE.NEWNET);
};

const startPool = (): Promise<unknown> => promisify(stat)('/');

const handlers: Handlers = {
  expect: (machines) => {
    ahead ??= new Ahead(machines);
    return Promise.resolve(null);
  },
  create: async (beginning) => {
    // node's own thread pool has to be there before this thread has a new pid namespace: threads cannot cross it.
    await startPool();
    builder = new Builder({ supply: ahead?.supply, ...beginning });
    return { holder: builder.holder.id };
  },
  add: (machines) => {
    builder?.add(machines);
    return Promise.resolve(null);
  },
  finish: async () => {
    await Promise.all([builder?.finish(), ahead?.end()]);
    return null;
  },
  commit: async () => {
    await builder?.holder.commit();
    return null;
  },
  stop: async () => {
    await endAll();
    return null;
  },
  attach: async ({ holder, mark }) => {
    // A thread's environment is its own; a process has the mark from its start.
    if (mark !== undefined) process.env[CHANGE_MARK] = mark;
    await startPool();
    // Children belong to the lab's processes, and end with them.
    keepFromChildren();
    // Opened, and judged then: what is entered is the lab's, whoever may have the pid by now.
    const fd = openProcess(holder);
    if (fd === undefined) throw failure('lab-not-found', 'the process that held the lab is gone');
    entered = { fd, path: throughFd(fd) };
    enter(`${entered.path}/ns/pid`, CLONE.NEWPID);
    return null;
  },
  open: async (lab) => {
    await handlers.attach(lab);
    if (entered) changer = new Changer(lab.holder, entered.path);
    return null;
  },
  glance: (outlines) => Promise.resolve(opened().glance(outlines)),
  inspect: (plans) => opened().inspect(plans),
  extend: (segments) => Promise.resolve(opened().addSegments(segments)),
  adjust: (plans) => opened().adjust(plans),
  drop: async ({ machines, bridges }) => {
    await opened().drop(machines);
    opened().dropBridges(bridges);
    return null;
  },
  list: () => Promise.resolve(opened().list()),
  run: (commands) =>
    entered
      ? runAll(commands, { holder: entered.fd, enter: enterMachine })
      : Promise.reject(new Error('no lab was entered')),
  test: (run) => runTest(run, enterMachine),
  mesh: async (run) => {
    const mesher = new Mesher(run, enterMachine);
    try {
      return await mesher.ask();
    } finally {
      mesher.close();
    }
  },
  watch: (watched) => {
    sampler?.close();
    const enterFabric = (): void => enter(`${entered?.path ?? ''}/ns/net`, CLONE.NEWNET);
    sampler = new Sampler(watched, { enterMachine, enterFabric });
    return Promise.resolve(null);
  },
  sample: () => {
    // Its sockets would show the network of a lab that has gone as long as they are open.
    if (!sampler || !entered || isGone()) {
      sampler?.close();
      sampler = undefined;
      throw takenDown();
    }
    return Promise.resolve(sampler.read());
  },
  converse: async (dialogues) => {
    const { holdDialogues } = await import('./dialogue/hold.js');
    return holdDialogues(dialogues, enterMachine);
  },
};

/** Of a lab that was entered: whether it has ended since. */
const isGone = (): boolean => entered !== undefined && startTimeIn(entered.path) === undefined;

const takenDown = (): Error =>
  failure('lab-not-found', 'the lab was taken down meanwhile', "'labnet up' brings it up again");

function opened(): Changer {
  if (!changer) throw new Error('no lab was opened');
  return changer;
}

/** What an operation begins with; those that take long say more themselves. */
export const PHASES: Partial<Record<Operation, PhaseName>> = {
  create: 'namespaces',
  add: 'namespaces',
  finish: 'NAT',
  glance: 'inspect',
  inspect: 'inspect',
  adjust: 'adjust',
  extend: 'adjust',
  drop: 'drop',
  run: 'commands',
  test: 'probes',
  mesh: 'probes',
  converse: 'probes',
  watch: 'inspect',
  sample: 'inspect',
};

export async function perform(op: Operation, argument: unknown): Promise<unknown> {
  try {
    return await (handlers[op] as (argument: unknown) => Promise<unknown>)(argument);
  } catch (error) {
    // Whatever it was that could not be done any more.
    throw isGone() ? takenDown() : error;
  }
}
