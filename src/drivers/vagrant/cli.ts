/** vagrant(1), run in a lab's folder: its lines as they come, and what it says when it fails. */
import { failure } from '../../core/errors.js';
import type { LineSink } from '../../transport/lines.js';
import { runLines } from '../../transport/lines.js';

export type VagrantOptions = {
  readonly timeout: number;
  /** In the folder; default: Vagrantfile. */
  readonly file?: string;
  readonly onLine?: LineSink;
  readonly signal?: AbortSignal | undefined;
};

const SHOWN = 1200;

/** Vagrant's machines work in threads, and Ruby may load one file in two of them at once: seen now and then. */
const RACE = /uninitialized constant|constant \S+ not defined|NameError/;

/** @throws LabnetError vagrant-failed with what it said, tool-missing */
export async function vagrant(
  folder: string,
  args: readonly string[],
  options: VagrantOptions,
  tries = 2,
): Promise<string> {
  const { timeout, file = 'Vagrantfile', onLine, signal } = options;
  // Whatever folder or file the user has set for projects of their own: this one is meant.
  const env = { VAGRANT_CWD: folder, VAGRANT_VAGRANTFILE: file, VAGRANT_NO_COLOR: '1' };
  // It ends with us: what is left of it would keep the lab's machines locked.
  const ended = await runLines(['setpriv', '--pdeathsig', 'KILL', '--', 'vagrant', ...args], {
    cwd: folder,
    env,
    timeout,
    onLine,
    signal,
  });
  if (ended.exitCode === 0) return ended.stdout;
  signal?.throwIfAborted();
  if (ended.error === 'ENOENT')
    throw failure('tool-missing', 'vagrant is not installed', "'labnet doctor' says how to get it");
  if (tries > 1 && RACE.test(ended.stderr)) return vagrant(folder, args, options, tries - 1);
  throw failure(
    'vagrant-failed',
    `vagrant ${args[0] ?? ''} ${ended.timedOut ? 'did not finish in time' : `ended with ${ended.exitCode ?? 'nothing'}`}:\n${complaint(ended)}`,
    "'labnet up' continues from here, 'labnet down' takes it down",
  );
}

/** Without the way through Ruby's files by which it came to say it. */
function complaint({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }): string {
  const words = (text: string): string =>
    text
      .split('\n')
      .filter((line) => !/^\s*(from )?\/\S+\.rb:\d+:in /.test(line))
      .join('\n')
      .trim();
  return words(stderr).slice(0, SHOWN) || words(stdout).slice(-SHOWN) || 'it said nothing';
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
