/** Takes the network namespaces that were made ahead (ahead.ts), one by one, for as long as there are any. */
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { closeDescriptor, own } from '../../../../sys/descriptors.js';
import { CLONE, setns } from '../../../../sys/namespaces.js';
import { openPidfd, takeFile, throughFd } from '../../../../sys/process.js';
import { AHEAD_NAME } from '../../paths.js';

/** The first file of a program beside its standard streams. */
const FIRST_FD = 3;

export type Supply = {
  /** The program's folder in /proc, as a file descriptor: what is seen through it is of this very process. */
  readonly folder: number;
  readonly pid: number;
  /** How many it makes, if it can. */
  readonly count: number;
};

/** A network namespace as an open file. */
export type OpenNamespace = {
  readonly fd: number;
  /** Whether its loopback interface is up. */
  readonly hasLoopback: boolean;
  readonly close: () => void;
};

export function openNamespace(path: string, hasLoopback = false): OpenNamespace {
  const fd = openSync(path, 'r');
  return { fd, hasLoopback, close: () => closeSync(fd) };
}

export class Spare {
  readonly #folder: string;
  /** Undefined where files cannot be taken over by it: they are opened once more, which takes ten times as long. */
  #pidfd: number | undefined;
  readonly #last: number;
  #next = FIRST_FD;
  #isReady = false;

  constructor({ folder, pid, count }: Supply) {
    this.#folder = throughFd(folder);
    // The program is there after that, or nothing is taken from it: it was no other's pid.
    const pidfd = openPidfd(pid);
    this.#pidfd = pidfd && own(pidfd);
    this.#last = FIRST_FD + count - 1;
  }

  /** Enters the next with this thread, and returns it; undefined where there is none yet, or no more. */
  enterNext(): OpenNamespace | undefined {
    const namespace = this.#open();
    if (namespace === undefined) return undefined;
    try {
      setns(namespace.fd, CLONE.NEWNET);
    } catch (error) {
      namespace.close();
      throw error;
    }
    this.#next++;
    return namespace;
  }

  /** Whether more are being made, and wanted. */
  get isBusy(): boolean {
    return this.#next <= this.#last && !existsSync(`${this.#folder}/fd/${this.#last}`);
  }

  close(): void {
    if (this.#pidfd !== undefined) closeDescriptor(this.#pidfd);
    this.#pidfd = undefined;
  }

  #open(): OpenNamespace | undefined {
    try {
      this.#isReady ||= readFileSync(`${this.#folder}/comm`, 'latin1').trim() === AHEAD_NAME;
      return this.#isReady ? this.#take() : undefined;
    } catch {
      return undefined;
    }
  }

  #take(): OpenNamespace | undefined {
    if (this.#pidfd !== undefined) {
      const fd = takeFile(this.#pidfd, this.#next);
      if (typeof fd === 'number') return { fd: own(fd), hasLoopback: true, close: () => closeDescriptor(fd) };
      if (fd === 'EBADF') return undefined;
      this.close();
    }
    return openNamespace(`${this.#folder}/fd/${this.#next}`, true);
  }
}
