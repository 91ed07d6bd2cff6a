/** Takes the network namespaces that were made ahead (ahead.ts), one by one, for as long as there are any. */
import { closeSync, openSync, readFileSync } from 'node:fs';
import { CLONE, setns } from '../../../../sys/namespaces.js';
import { throughFd } from '../../../../sys/process.js';
import { AHEAD_NAME } from '../../paths.js';

/** The first file of a program beside its standard streams. */
const FIRST_FD = 3;

export class Spare {
  readonly #folder: string;
  #next = FIRST_FD;
  #isReady = false;

  /** @param folder of the program that has them, in /proc: a file descriptor */
  constructor(folder: number) {
    this.#folder = throughFd(folder);
  }

  /** Enters the next with this thread; false where there is none yet, or no more. */
  enterNext(): boolean {
    const namespace = this.#open();
    if (namespace === undefined) return false;
    try {
      setns(namespace, CLONE.NEWNET);
      this.#next++;
      return true;
    } finally {
      closeSync(namespace);
    }
  }

  #open(): number | undefined {
    try {
      this.#isReady ||= readFileSync(`${this.#folder}/comm`, 'latin1').trim() === AHEAD_NAME;
      return this.#isReady ? openSync(`${this.#folder}/fd/${this.#next}`, 'r') : undefined;
    } catch {
      return undefined;
    }
  }
}
