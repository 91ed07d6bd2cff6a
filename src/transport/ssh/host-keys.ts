/** The host keys of a lab's machines: the one seen first is the one that is taken, as in OpenSSH's known_hosts (sshd(8)). */
import type { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';

export type KeyVerdict = 'known' | 'new' | 'changed';

export class HostKeys {
  readonly #keys = new Map<string, string>();

  /** @param path a known_hosts file of the lab's own, which ssh(1) can be given too */
  constructor(readonly path: string) {
    if (!existsSync(path)) return;
    for (const line of readFileSync(path, 'utf8').split('\n')) {
      const [machine, , key] = line.split(' ');
      if (machine !== undefined && key !== undefined) this.#keys.set(machine, key);
    }
  }

  /** Judges a key, and keeps it where it is the first. */
  meet(machine: string, key: Buffer): KeyVerdict {
    const found = key.toString('base64');
    const known = this.#keys.get(machine);
    if (known !== undefined) return known === found ? 'known' : 'changed';
    this.#keys.set(machine, found);
    appendFileSync(this.path, `${machine} ${keyType(key)} ${found}\n`, { mode: 0o600 });
    return 'new';
  }
}

/** Lets a machine be met anew: one that is made from scratch has another key. */
export function forgetHost(path: string, machine: string): void {
  if (!existsSync(path)) return;
  const lines = readFileSync(path, 'utf8').split('\n');
  writeFileSync(path, lines.filter((line) => !line.startsWith(`${machine} `)).join('\n'), { mode: 0o600 });
}

/** The first string of a public key blob (RFC 4253 section 6.6). */
const keyType = (key: Buffer): string => key.subarray(4, 4 + key.readUInt32BE(0)).toString('latin1');

/** As ssh-keygen(1) prints it. */
export const fingerprint = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
