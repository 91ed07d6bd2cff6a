/** The messages of dialogues: marks of 16 bytes, as in test packets. */
import type { Buffer } from 'node:buffer';
import type { StageSocket, Tag } from '../../../../transport/dialogue/stage.js';
import { ANSWER } from '../../../../transport/dialogue/stage.js';
import { markBytes, readMark } from '../probe/packets.js';

export type Message = { readonly tag: Tag; readonly isAnswer: boolean };

/** The messages of one dialogue of one run. */
export type Code = {
  readonly write: (message: Message) => Buffer;
  /** Nothing where it is another's. */
  readonly read: (bytes: Buffer) => Message | undefined;
};

export const codeOf = (run: number, { dialogue }: StageSocket): Code => ({
  write: ({ tag, isAnswer }) => markBytes({ run, id: dialogue, sequence: tag + (isAnswer ? ANSWER : 0) }),
  read: (bytes) => {
    const mark = readMark(bytes);
    if (mark?.run !== run || mark.id !== dialogue) return undefined;
    const isAnswer = mark.sequence >= ANSWER;
    return { tag: isAnswer ? mark.sequence - ANSWER : mark.sequence, isAnswer };
  },
});
