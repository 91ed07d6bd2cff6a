/**
 * Standard output and standard error. They are written by their number, at once, as node's streams take several milliseconds to load: those
 * are asked only where there is a terminal, or a pipe that takes no more for now.
 */
import { Buffer } from 'node:buffer';
import { constants, fstatSync, writeSync } from 'node:fs';

const USUAL_WIDTH = 80;

export class StandardStream {
  readonly #number: 1 | 2;
  readonly #streamOf: () => NodeJS.WriteStream;
  #stream: NodeJS.WriteStream | undefined;
  #isTTY: boolean | undefined;
  /** Nobody can be told anything more. */
  #isOver = false;

  constructor(number: 1 | 2, streamOf: () => NodeJS.WriteStream) {
    this.#number = number;
    this.#streamOf = streamOf;
  }

  /** node's own, for who writes more than text; a reader that stops reading is no mistake. */
  get stream(): NodeJS.WriteStream {
    return (this.#stream ??= this.#streamOf().on('error', (error: NodeJS.ErrnoException) => {
      this.#report(error);
    }));
  }

  get isTTY(): boolean {
    return (this.#isTTY ??= mayBeTerminal(this.#number) && this.stream.isTTY);
  }

  /** As many as help is usually as wide as, where there is no terminal. */
  get columns(): number {
    return (this.isTTY && this.stream.columns) || USUAL_WIDTH;
  }

  write(text: string): void {
    if (this.#isOver) return;
    if (this.#stream) {
      this.#stream.write(text);
      return;
    }
    for (let rest = Buffer.from(text); rest.length > 0;) {
      try {
        rest = rest.subarray(writeSync(this.#number, rest));
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'EAGAIN') this.stream.write(rest);
        else this.#report(error as NodeJS.ErrnoException);
        return;
      }
    }
  }

  /** Who reads the output may stop doing so, as head(1) does: what was asked for is done all the same. */
  #report(error: NodeJS.ErrnoException): void {
    this.#isOver = true;
    if (error.code === 'EPIPE') return;
    process.once('exit', () => (process.exitCode = 1));
    if (this.#number === 1)
      stderr.write(`error[file-unwritable]: cannot write what was asked for: ${error.message}\n`);
  }
}

/** /dev/null (devices.txt of Linux) */
const NULL_DEVICE = 0x0103;

/** What is no device is no terminal, and needs no stream to say so. */
function mayBeTerminal(number: number): boolean {
  const { mode, rdev } = fstatSync(number);
  return (mode & constants.S_IFMT) === constants.S_IFCHR && rdev !== NULL_DEVICE;
}

export const stdout = new StandardStream(1, () => process.stdout);
export const stderr = new StandardStream(2, () => process.stderr);
