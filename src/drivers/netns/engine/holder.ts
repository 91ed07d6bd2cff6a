/**
 * The process that is the lab: the first of its own pid namespace, asleep. To end it is to end the lab.
 *
 * It waits for a word before it falls asleep: if the engine dies on the way, the pipe closes and the holder goes too.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { constants } from 'node:os';
import { failure } from '../../../core/errors.js';
import type { ProcessId } from '../../../sys/process.js';
import { keepFromChildren, startTimeOf } from '../../../sys/process.js';
import { SysError } from '../../../sys/libc.js';
import { toolEnv } from '../../../sys/tools.js';
import { HOLDER_MARK } from '../paths.js';
import { release, track } from './children.js';

/**
 * With SIGCHLD ignored the kernel itself collects the processes that end in the lab (wait(2)). A shell's trap cannot
 * do that: dash keeps SIGCHLD for itself.
 */
const SCRIPT = `read -r word && [ "$word" = live ] && exec </dev/null || exit
env --ignore-signal=CHLD true 2>/dev/null && exec env --ignore-signal=CHLD sleep infinity
exec sleep infinity`;

/** Node says only later why a program was not started: for want of files to speak to it by, or of processes. */
function notStarted(): Error {
  closeSync(openSync('/dev/null', 'r'));
  return new SysError('fork', constants.errno.EAGAIN);
}

export class Holder {
  readonly #child: ChildProcess;
  readonly id: ProcessId;

  /**
   * @param view the mount namespace machines see, to be kept open by the holder
   * @param sign of life, likewise
   * @param label tells this lab's holder from others, for when the record is lost
   */
  constructor(view: number, sign: number, label: string) {
    keepFromChildren();
    const options = { detached: true, cwd: '/', env: { ...toolEnv(), [HOLDER_MARK]: label } };
    this.#child = track(
      spawn('/bin/sh', ['-c', SCRIPT], { ...options, stdio: ['pipe', 'ignore', 'ignore', view, sign] }),
    );
    // A holder that is gone shows when it is committed.
    this.#child.stdin?.on('error', () => undefined);
    const pid = this.#child.pid ?? 0;
    const startTime = pid > 0 ? startTimeOf(pid) : undefined;
    if (pid === 0) throw notStarted();
    if (startTime === undefined)
      throw failure('engine-failed', 'the process that holds the lab could not be started');
    this.id = { pid, startTime };
  }

  /** From here on the lab lives without the engine. */
  async commit(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#child.stdin?.end('live\n', (error?: Error | null) => (error ? reject(error) : resolve()));
    });
    release(this.#child);
  }
}
