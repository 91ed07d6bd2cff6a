/**
 * Makes network namespaces before it is known what they are for, beside a thread that understands a file meanwhile: of the
 * kernel's work on them most is in nobody's way. It is a small program, as another thread of node's takes a tenth of a second to start.
 * It has each of them open as a file, and whoever wants one takes it from there; there is no order to keep, as all are alike.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { AHEAD_NAME } from '../../paths.js';
import { changerEnv, end, track } from '../children.js';
import type { Supply } from './spare.js';

/** Of sched.h; sys/namespaces.ts has it beside native code, which is not needed to start this. */
const CLONE_NEWNET = 0x40000000;
/** Number of unshare (unistd.h). */
const UNSHARE: Readonly<Record<string, number>> = { x64: 272, arm64: 97 };

/** From so many machines on it saves more than it takes to start. */
const WORTH_FROM = 40;

export const isMadeAhead = (machines: number, processors: number): boolean =>
  machines >= WORTH_FROM && processors > 1;

/** close_range(2), which has the same number everywhere. */
const CLOSE_RANGE = 436;

/**
 * What it was handed by whoever started it is closed, so that all of its files from the first free one on are namespaces; its name says
 * when that is so. In each the loopback interface is up (SIOCSIFFLAGS, IFF_UP), by a socket that is never among those files. It ends with
 * its parent, and stops where the kernel has no more for it: who is at work then meets what stood in the way.
 */
const SCRIPT = `my ($unshare, $count, $parent) = @ARGV;
syscall(${CLOSE_RANGE}, 3, 0x7fffffff, 0) == 0 or exit;
$0 = '${AHEAD_NAME}';
my $up = pack 'a16 s x22', 'lo', 1;
my @made;
while ($count-- && getppid() == $parent && syscall($unshare, ${CLONE_NEWNET}) == 0) {
  socket STDOUT, 2, 2, 0 or last;
  ioctl STDOUT, 0x8914, $up or last;
  open my $namespace, '<', '/proc/self/ns/net' or last;
  push @made, $namespace;
}
<STDIN>`;

export class Ahead {
  readonly #count: number;
  readonly #child: ChildProcess | undefined;
  #folder: number | undefined;

  constructor(count: number) {
    this.#count = count;
    const number = UNSHARE[process.arch];
    if (number === undefined) return;
    const argv = ['-e', SCRIPT, String(number), String(count), String(process.pid)];
    this.#child = track(
      spawn('perl', argv, { cwd: '/', env: changerEnv(), stdio: ['pipe', 'ignore', 'ignore'] }),
    );
    this.#child.stdin?.on('error', () => undefined);
    // It is nobody else's pid before this process has noticed its end.
    const { pid } = this.#child;
    if (pid !== undefined) this.#folder = openFolder(pid);
  }

  /** Undefined where there is none. */
  get supply(): Supply | undefined {
    return this.#folder === undefined
      ? undefined
      : { folder: this.#folder, pid: this.#child?.pid ?? 0, count: this.#count };
  }

  /** Those that nobody has taken end with it. */
  async end(): Promise<void> {
    if (this.#folder !== undefined) closeSync(this.#folder);
    this.#folder = undefined;
    if (this.#child) await end(this.#child);
  }
}

function openFolder(pid: number): number | undefined {
  try {
    return openSync(`/proc/${pid}`, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch {
    return undefined;
  }
}
