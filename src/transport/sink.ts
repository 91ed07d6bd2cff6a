/** The destination of a stream of bytes: a file, standard output, or a program. */
import type { Buffer } from 'node:buffer';
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { failure, messageOf } from '../core/errors.js';

export type Sink = {
  /** Writes whole records. Resolves when there is room for more; false where the reader is gone. */
  readonly write: (bytes: Buffer) => Promise<boolean>;
  readonly close: () => Promise<void>;
};

/**
 * A file that ends with its last whole record, even if the disk is full.
 * @throws LabnetError file-unwritable
 */
export function fileSink(path: string): Sink {
  const unwritable = (error: unknown): Error =>
    failure(
      'file-unwritable',
      `cannot write to ${path}: ${messageOf(error)}`,
      'name a file that you may write to, on a disk with room',
      error,
    );
  let length = 0;
  let isBroken = false;
  let fd: number;
  try {
    fd = openSync(path, 'w');
  } catch (error) {
    throw unwritable(error);
  }
  const write = (bytes: Buffer): Promise<boolean> => {
    if (isBroken) return Promise.resolve(false);
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
      length += bytes.length;
      return Promise.resolve(true);
    } catch (error) {
      isBroken = true;
      truncate(fd, length);
      return Promise.reject(unwritable(error));
    }
  };
  const close = (): Promise<void> => {
    closeSync(fd);
    return Promise.resolve();
  };
  return { write, close };
}

/** Only a regular file can be truncated. */
function truncate(fd: number, length: number): void {
  try {
    ftruncateSync(fd, length);
  } catch {
    return;
  }
}

/** A reader that closes the pipe early is no failure. */
export function streamSink(stream: Writable): Sink {
  let isGone = false;
  let wake = (): void => undefined;
  const gone = (): void => {
    isGone = true;
    wake();
  };
  stream
    .on('error', gone)
    .on('close', gone)
    .on('drain', () => wake());
  const write = async (bytes: Buffer): Promise<boolean> => {
    if (isGone) return false;
    if (!stream.write(bytes)) await new Promise<void>((resolve) => (wake = resolve));
    return !isGone;
  };
  const close = (): Promise<void> =>
    isGone ? Promise.resolve() : new Promise((resolve) => void stream.write('', () => resolve()));
  return { write, close };
}
