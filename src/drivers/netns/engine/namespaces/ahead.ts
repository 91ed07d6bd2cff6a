/**
 * Makes the namespaces of a lab's machines beside this thread, as most of the kernel's work on them is in nobody's way. It is a small
 * program, as another thread of node's takes a tenth of a second to start; whatever it does not make is left to this thread,
 * which meets what stood in the way.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { failure } from '../../../../core/errors.js';
import type { MachineStep } from '../../../../plan/step.js';
import { SysError } from '../../../../sys/libc.js';
import { CLONE, unmount } from '../../../../sys/namespaces.js';
import type { ProcessId } from '../../../../sys/process.js';
import { isAlive, startTimeOf } from '../../../../sys/process.js';
import { LAB_DIR, machineDir, PIN_DIR, pinOf } from '../../paths.js';
import { changerEnv, end, track } from '../children.js';
import type { Sysctls } from '../sysctl.js';
import { pathOf } from '../sysctl.js';

/** Numbers of unshare and mount (unistd.h). */
const CALLS: Readonly<Record<string, readonly [unshare: number, mount: number]>> = {
  x64: [272, 165],
  arm64: [97, 40],
};

/** What it is to make: a machine a line, with its settings as PATH=VALUE behind tabs. Inside the lab's own /run. */
const LIST = `${LAB_DIR}/ahead`;

/** As makeNamespace does it. A machine is whose file of its name is made first; its folder is made last, and says that all is there. */
const SCRIPT = `my ($unshare, $mount) = @ARGV;
my $own = '/proc/thread-self/ns/net';
open my $list, '<', '${LIST}' or exit 1;
while (<$list>) {
  chomp;
  my ($machine, @settings) = split /\\t/;
  my $pin = "${PIN_DIR}/$machine";
  sysopen my $claim, $pin, 0301 or next;
  close $claim;
  syscall($unshare, ${CLONE.NEWNET}) == 0 or exit 1;
  syscall($mount, $own, $pin, 0, 4096, 0) == 0 or exit 1;
  for (@settings) {
    my ($path, $value) = split /=/, $_, 2;
    open my $file, '>', $path or exit 1;
    print $file $value;
    close $file or exit 1;
  }
  mkdir "${LAB_DIR}/machines/$machine" or exit 1;
  mkdir "${LAB_DIR}/machines/$machine/run" or exit 1;
}`;

/** Milliseconds: a namespace takes less than one, and many of them on a computer that has much to do. */
const PATIENCE = 60_000;
const PAUSE = 0.2;

export class Ahead {
  #child: ChildProcess | undefined;
  #id: ProcessId | undefined;

  /**
   * In the namespaces of the lab that this thread is in.
   * @param steps in the order in which they are to be made
   */
  constructor(steps: readonly MachineStep[], sysctls: Sysctls) {
    const calls = CALLS[process.arch];
    if (!calls) return;
    writeFileSync(LIST, steps.map((step) => `${lineOf(step, sysctls)}\n`).join(''));
    const argv = ['-e', SCRIPT, ...calls.map(String)];
    this.#child = track(spawn('perl', argv, { cwd: '/', env: changerEnv(), stdio: 'ignore' }));
    const { pid } = this.#child;
    const startTime = pid === undefined ? undefined : startTimeOf(pid);
    if (pid !== undefined && startTime !== undefined) this.#id = { pid, startTime };
  }

  /** Whether a machine's namespace is there; where it is not, it is the caller's to make. */
  has(machine: string): boolean {
    const isMade = (): boolean => existsSync(`${machineDir(machine)}/run`);
    if (isMade()) return true;
    if (isFree(pinOf(machine))) return false;
    for (const last = performance.now() + PATIENCE; performance.now() < last; pause()) {
      const isAtWork = this.#id !== undefined && isAlive(this.#id);
      if (isMade()) return true;
      if (!isAtWork) return takeBack(pinOf(machine));
    }
    throw failure('step-failed', `${machine}: its network namespace is not made within a minute`);
  }

  async end(): Promise<void> {
    if (this.#child) await end(this.#child);
    rmSync(LIST, { force: true });
  }
}

const lineOf = (step: MachineStep, sysctls: Sysctls): string =>
  [step.machine, ...sysctls.missingIn(step).map(([key, value]) => `${pathOf(key)}=${value}`)].join('\t');

/** Makes a file that is not there; whoever does has the machine to make. */
function isFree(pin: string): boolean {
  try {
    closeSync(openSync(pin, 'wx'));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** What was begun and not done. */
function takeBack(pin: string): false {
  try {
    unmount(pin);
  } catch (error) {
    // Nothing is mounted there.
    if (!(error instanceof SysError && error.code === 'EINVAL')) throw error;
  }
  rmSync(pin, { force: true });
  return false;
}

const nobody = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
const pause = (): unknown => Atomics.wait(nobody, 0, 0, PAUSE);
