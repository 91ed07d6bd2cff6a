/** vagrant(1), run in a lab's folder: its lines as they come, and what it says when it fails. */
import { failure } from '../../core/errors.js';
import type { LineSink } from '../../transport/lines.js';
import { runLines } from '../../transport/lines.js';

export type VagrantOptions = {
  readonly timeout: number;
  readonly onLine?: LineSink;
  readonly signal?: AbortSignal | undefined;
};

const SHOWN = 1200;

/** @throws LabnetError vagrant-failed with the end of what it said, tool-missing */
export async function vagrant(
  folder: string,
  args: readonly string[],
  { timeout, onLine, signal }: VagrantOptions,
): Promise<string> {
  // Whatever folder or file the user has set for projects of their own: this one is meant.
  const env = { VAGRANT_CWD: folder, VAGRANT_VAGRANTFILE: 'Vagrantfile', VAGRANT_NO_COLOR: '1' };
  const ended = await runLines(['vagrant', ...args], { cwd: folder, env, timeout, onLine, signal });
  if (ended.exitCode === 0) return ended.stdout;
  signal?.throwIfAborted();
  if (ended.error === 'ENOENT')
    throw failure('tool-missing', 'vagrant is not installed', "'labnet doctor' says how to get it");
  const said = ended.stderr.trim().slice(-SHOWN) || ended.stdout.trim().slice(-SHOWN);
  throw failure(
    'vagrant-failed',
    `vagrant ${args[0] ?? ''} ${ended.timedOut ? 'was not done in time' : `ended with ${ended.exitCode ?? 'nothing'}`}:\n${said}`,
    "'labnet up' goes on from here; 'labnet down' takes away what is there",
  );
}

/** What `vagrant up` says of one machine: `==> NAME: text` and `    NAME: text`. */
export function progressOf(line: string): { readonly machine: string; readonly text: string } | undefined {
  const [, machine, text] = /^(?:==>| {3}) ([A-Za-z][A-Za-z0-9-]*): (.*)$/.exec(line) ?? [];
  return machine === undefined || text === undefined ? undefined : { machine, text: text.trim() };
}

export type MachineState = 'running' | 'not_created' | (string & {});

/** By `vagrant status --machine-readable`: time,target,type,data. */
export function readStates(text: string): ReadonlyMap<string, MachineState> {
  const states = new Map<string, MachineState>();
  for (const line of text.split('\n')) {
    const [, machine, type, state] = line.trim().split(',');
    if (type === 'state' && machine !== undefined && machine !== '' && state !== undefined)
      states.set(machine, state);
  }
  return states;
}
