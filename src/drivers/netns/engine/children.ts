/** The engine's child processes: each is ended and collected before the engine ends, or a lab could not end either. */
import type { ChildProcess } from 'node:child_process';
import { toolEnv } from '../../../sys/tools.js';
import { CHANGE_MARK } from '../paths.js';

/** Of those that change something: by it they are found where they outlive a command that was killed. */
export function changerEnv(): NodeJS.ProcessEnv {
  const mark = process.env[CHANGE_MARK];
  return { ...toolEnv(), ...(mark !== undefined && { [CHANGE_MARK]: mark }) };
}

const children = new Map<ChildProcess, Promise<void>>();

export function track<Child extends ChildProcess>(child: Child): Child {
  const ended = new Promise<void>((resolve) => {
    child.once('exit', resolve).once('error', resolve);
  });
  children.set(child, ended);
  void ended.then(() => children.delete(child));
  return child;
}

/** Lets one live on: it is no longer the engine's. */
export function release(child: ChildProcess): void {
  children.delete(child);
  child.unref();
}

/** Kills one and waits for its end. */
export async function end(child: ChildProcess): Promise<void> {
  const ended = children.get(child);
  child.kill('SIGKILL');
  await ended;
}

export const endAll = (): Promise<unknown> => Promise.all([...children.keys()].map(end));
