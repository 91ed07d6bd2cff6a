/** What the sockets of dialogues have in common, whichever protocol they speak. */
import type { Endpoint } from '../../../../core/dialogue.js';
import type { Port } from '../../../../sys/poller.js';
import type { Heard, StageSocket, Tag } from '../../../../transport/dialogue/stage.js';
import type { Code } from './bytes.js';

/** A socket of a dialogue; `open` and `move` throw SysErrors. */
export type Actor = {
  readonly open: () => void;
  /** Sends or connects; the errno's name where that failed at once. */
  readonly move: (to: Endpoint, tag: Tag) => string | undefined;
  /** Calls off a connection that is not established. */
  readonly cancel: (tag: Tag) => void;
  readonly close: () => void;
};

export type Surroundings = {
  readonly socket: StageSocket;
  readonly code: Code;
  /** Puts this thread into the socket's machine. */
  readonly enter: () => void;
  readonly hear: (heard: Heard) => void;
  /** Ports with something to wait for. */
  readonly watch: (port: Port) => void;
  readonly unwatch: (port: Port) => void;
};
