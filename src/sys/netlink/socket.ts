/** A netlink(7) socket, of NETLINK_ROUTE unless another is asked for: it speaks to the network namespace in which it was opened, for good. */
import { Buffer } from 'node:buffer';
import { closeDescriptor, own } from '../descriptors.js';
import { call, errnoName } from '../libc.js';
import type { Batch, Message } from './message.js';
import { attributes, messages, textOf } from './message.js';

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0x80000;
const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
export const NETLINK_NETFILTER = 12;
const NLMSG = { ERROR: 2, DONE: 3 } as const;
const NLM_F_ACK_TLVS = 0x200;

/** One message the kernel refused: its place in the batch, the errno's name, and the kernel's own words if it had any. */
export type Refusal = { readonly index: number; readonly code: string; readonly detail: string };

const one = Buffer.from([1, 0, 0, 0]);
const inbox = Buffer.alloc(1 << 18);

export class NetlinkSocket {
  readonly #fd: number;

  constructor(protocol = 0) {
    this.#fd = own(call('socket', AF_NETLINK, SOCK_RAW_CLOEXEC, protocol));
    call('setsockopt', this.#fd, SOL_NETLINK, NETLINK_CAP_ACK, one, 4);
    call('setsockopt', this.#fd, SOL_NETLINK, NETLINK_EXT_ACK, one, 4);
  }

  /** Sends a batch, waits for the answer to its last message, and returns what was refused. */
  send(batch: Batch): Refusal[] {
    if (batch.count === 0) return [];
    const last = batch.count - 1;
    this.#write(batch.finish());
    const refused: Refusal[] = [];
    for (;;) {
      for (const message of this.#read()) {
        if (message.type !== NLMSG.ERROR) continue;
        const errno = -message.body.readInt32LE(0);
        if (errno !== 0)
          refused.push({ index: message.sequence, code: errnoName(errno), detail: detailOf(message) });
        if (message.sequence === last) return refused;
      }
    }
  }

  /** Sends one request, for one thing or for a dump of all, and returns its answers. */
  ask(batch: Batch): Message[] {
    this.#write(batch.finish());
    const found: Message[] = [];
    for (;;) {
      for (const message of this.#read()) {
        if (message.type === NLMSG.DONE) return found;
        if (message.type === NLMSG.ERROR) {
          const errno = -message.body.readInt32LE(0);
          if (errno === 0) return found;
          throw new Error(`netlink: ${errnoName(errno)}`);
        }
        // The inbox is used again for the next read.
        found.push({ ...message, body: Buffer.from(message.body) });
      }
    }
  }

  /** Sends a batch of questions, and returns what was answered; those that were refused have no answer. */
  collect(batch: Batch): Message[] {
    const last = batch.count - 1;
    this.#write(batch.finish());
    const found: Message[] = [];
    for (;;) {
      for (const message of this.#read()) {
        if (message.type !== NLMSG.ERROR) found.push({ ...message, body: Buffer.from(message.body) });
        else if (message.sequence === last) return found;
      }
    }
  }

  close(): void {
    closeDescriptor(this.#fd);
  }

  #write(bytes: Buffer): void {
    call('send', this.#fd, bytes, bytes.length, 0);
  }

  #read(): Iterable<Message> {
    const length = call('recv', this.#fd, inbox, inbox.length, 0);
    return messages(inbox.subarray(0, length));
  }
}

/** NLMSGERR_ATTR_MSG, behind the error and the header of the refused message. */
function detailOf({ flags, body }: Message): string {
  return flags & NLM_F_ACK_TLVS ? textOf(attributes(body, 20).get(1)) : '';
}
