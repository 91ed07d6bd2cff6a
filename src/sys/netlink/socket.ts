/** A netlink(7) socket, of NETLINK_ROUTE unless another is asked for: it stays in the network namespace in which it was opened. */
import { Buffer } from 'node:buffer';
import { closeDescriptor, own } from '../descriptors.js';
import { attempt, call, errnoName, lastError } from '../libc.js';
import type { Batch, Message } from './message.js';
import { attributes, messages, textOf } from './message.js';

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0x80000;
const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const NETLINK_GET_STRICT_CHK = 12;
export const NETLINK_NETFILTER = 12;
const NLMSG = { ERROR: 2, DONE: 3 } as const;
const NLM_F_ACK_TLVS = 0x200;
const MSG_DONTWAIT = 0x40;

/** One message the kernel refused: its place in the batch, the errno's name, and the kernel's own words if it had any. */
export type Refusal = { readonly index: number; readonly code: string; readonly detail: string };

const one = Buffer.from([1, 0, 0, 0]);
const inbox = Buffer.alloc(1 << 18);
/** struct nlmsghdr */
const HEADER = 16;

/** Gets the offsets of a message's fixed part and of its end, in a buffer that is reused for the next message. */
type Visit = (bytes: Buffer, from: number, end: number) => void;

export class NetlinkSocket {
  readonly #fd: number;

  /** @param groups whose events it is told of, a bit each (netlink(7), nl_groups) */
  constructor(protocol = 0, groups = 0) {
    this.#fd = own(call('socket', AF_NETLINK, SOCK_RAW_CLOEXEC, protocol));
    if (groups !== 0) this.#join(groups);
    call('setsockopt', this.#fd, SOL_NETLINK, NETLINK_CAP_ACK, one, 4);
    call('setsockopt', this.#fd, SOL_NETLINK, NETLINK_EXT_ACK, one, 4);
    // Filters dumps by the request; not before Linux 4.20.
    attempt('setsockopt', this.#fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, one, 4);
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
        // The inbox is reused for the next read.
        found.push({ ...message, body: Buffer.from(message.body) });
      }
    }
  }

  /** Sends a request for a dump, and visits its answers of one type in place. */
  each(request: Buffer, wanted: number, visit: Visit): void {
    this.#write(request);
    for (;;) {
      const length = this.#receive();
      for (let at = 0; at + HEADER <= length;) {
        const end = at + inbox.readUInt32LE(at);
        const type = inbox.readUInt16LE(at + 4);
        if (end < at + HEADER || end > length) break;
        if (type === NLMSG.DONE) return;
        if (type === NLMSG.ERROR) {
          const errno = -inbox.readInt32LE(at + HEADER);
          if (errno === 0) return;
          throw new Error(`netlink: ${errnoName(errno)}`);
        }
        if (type === wanted) visit(inbox, at + HEADER, end);
        at = (end + 3) & ~3;
      }
    }
  }

  /**
   * Visits events that have arrived, up to a number of messages, without waiting.
   * @returns `lost` where the kernel had no room for some
   */
  drain(most: number, visit: (type: number, ...place: Parameters<Visit>) => void): 'read' | 'lost' {
    for (let count = 0; count < most; count++) {
      const length = attempt('recv', this.#fd, inbox, inbox.length, MSG_DONTWAIT);
      if (length < 0) return lastError() === 'ENOBUFS' ? 'lost' : 'read';
      for (let at = 0; at + HEADER <= length;) {
        const end = at + inbox.readUInt32LE(at);
        if (end < at + HEADER || end > length) break;
        visit(inbox.readUInt16LE(at + 4), inbox, at + HEADER, end);
        at = (end + 3) & ~3;
      }
    }
    return 'read';
  }

  /** Sends a batch of questions, and returns the answers; refused ones have none. */
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

  /** struct sockaddr_nl */
  #join(groups: number): void {
    const address = Buffer.alloc(12);
    address.writeUInt16LE(AF_NETLINK);
    address.writeUInt32LE(groups, 8);
    call('bind', this.#fd, address, address.length);
  }

  #write(bytes: Buffer): void {
    call('send', this.#fd, bytes, bytes.length, 0);
  }

  #receive(): number {
    return call('recv', this.#fd, inbox, inbox.length, 0);
  }

  #read(): Iterable<Message> {
    return messages(inbox.subarray(0, this.#receive()));
  }
}

/** NLMSGERR_ATTR_MSG, behind the error and the header of the refused message. */
function detailOf({ flags, body }: Message): string {
  return flags & NLM_F_ACK_TLVS ? textOf(attributes(body, 20).get(1)) : '';
}
