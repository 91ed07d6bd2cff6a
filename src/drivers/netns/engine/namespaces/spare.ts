/** Takes the network namespaces that were made ahead (ahead.ts), one by one, for as long as there are any. */
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { CLONE, setns } from '../../../../sys/namespaces.js';
import { throughFd } from '../../../../sys/process.js';
import { AHEAD_NAME } from '../../paths.js';

/** The first file of a program beside its standard streams. */
const FIRST_FD = 3;

export type Supply = {
  /** The program's folder in /proc, as a file descriptor: what is seen through it is of this very process. */
  readonly folder: number;
  /** How many it makes, if it can. */
  readonly count: number;
};

export class Spare {
  readonly #folder: string;
  readonly #last: number;
  #next = FIRST_FD;
  #isReady = false;

  constructor({ folder, count }: Supply) {
    this.#folder = throughFd(folder);
    this.#last = FIRST_FD + count - 1;
  }

  /** Enters the next with this thread, and returns it as an open file; undefined where there is none yet, or no more. */
  enterNext(): number | undefined {
    const namespace = this.#open();
    if (namespace === undefined) return undefined;
    try {
      setns(namespace, CLONE.NEWNET);
    } catch (error) {
      closeSync(namespace);
      throw error;
    }
    this.#next++;
    return namespace;
  }

  /** Whether more are being made, and wanted. */
  get isBusy(): boolean {
    return this.#next <= this.#last && !existsSync(`${this.#folder}/fd/${this.#last}`);
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
