/**
 * One end of a TCP connection. Whoever connects says its mark; whoever accepts answers it. Where both ends connect to each
 * other (simultaneous open, RFC 9293 section 3.5) each hears the other's mark.
 */
import { Buffer } from 'node:buffer';
import { MARK_LENGTH } from '../../../../core/probe.js';
import type { Port } from '../../../../sys/poller.js';
import { connectionError, receive, sendBytes } from '../../../../sys/sockets.js';
import type { Tag } from '../../../../transport/dialogue/stage.js';
import type { Code } from './bytes.js';

/** What it comes to: the other end's move, none where that one accepted. */
export type Met = { readonly other: Tag | undefined } | { readonly error: string };

export class Connection implements Port {
  isEstablished: boolean;
  #heard = Buffer.alloc(0);

  /**
   * @param own the move it was made by; none where it was accepted
   * @param met told once
   */
  constructor(
    readonly fd: number,
    readonly own: Tag | undefined,
    readonly code: Code,
    readonly met: (end: Met) => void,
  ) {
    this.isEstablished = own === undefined;
  }

  get wantsWrite(): boolean {
    return !this.isEstablished;
  }

  ready(): void {
    if (!this.isEstablished) this.#establish();
    else this.#read();
  }

  #establish(): void {
    if (this.own === undefined) return;
    const error =
      connectionError(this.fd) ?? sendBytes(this.fd, this.code.write({ tag: this.own, isAnswer: false }));
    // A file number used again may be woken for what it was before.
    if (error === 'EAGAIN') return;
    this.isEstablished = true;
    if (error !== undefined) this.met({ error });
  }

  #read(): void {
    const got = receive(this.fd);
    if (!got) return;
    if ('error' in got) this.met(got);
    else if (got.bytes.length === 0) this.met({ error: 'EOF' });
    else {
      this.#heard = Buffer.concat([this.#heard, got.bytes]);
      if (this.#heard.length >= MARK_LENGTH) this.met(this.#answer());
    }
  }

  #answer(): Met {
    const message = this.code.read(this.#heard);
    // Somebody else's program, or another dialogue.
    if (!message || (message.isAnswer && message.tag !== this.own)) return { error: 'EPROTO' };
    if (message.isAnswer) return { other: undefined };
    const error =
      this.own === undefined
        ? sendBytes(this.fd, this.code.write({ ...message, isAnswer: true }))
        : undefined;
    return error === undefined ? { other: message.tag } : { error };
  }
}
