/** A channel to an agent: the common part of a child process and an ssh2 exec channel. */
import type { Buffer } from 'node:buffer';
import type { Readable, Writable } from 'node:stream';

export type AgentChannel = {
  readonly write: (text: string) => void;
  /** The end of its input, at which the agent ends itself. */
  readonly end: () => void;
  /** Its output, which ends or throws with the agent or the connection. */
  readonly output: AsyncIterable<Buffer>;
  /** The output on standard error so far, by the agent or by the program that starts it. */
  readonly said: () => string;
  /** Resolves when nothing is left of the channel on this side. */
  readonly close: () => Promise<void>;
};

/** For ssh2 `stdin` and `stdout` are the channel itself, and `stderr` is its `stderr`. */
export type AgentStreams = {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly close: () => Promise<void>;
};

const SAID_AT_MOST = 4000;

export function streamChannel({ stdin, stdout, stderr, close }: AgentStreams): AgentChannel {
  let said = '';
  const ignore = (): void => undefined;
  // Writing to an agent that is gone fails; the end of its output reports that.
  stdin.on('error', ignore);
  stderr.on('error', ignore);
  stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString('latin1')).slice(-SAID_AT_MOST)));
  return {
    write: (text) => void stdin.write(text),
    end: () => void stdin.end(),
    output: stdout,
    said: () => said,
    close,
  };
}
