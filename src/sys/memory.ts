/** Memory that stays where it is, for what the kernel is told the addresses of. */
import { Buffer } from 'node:buffer';
import koffi from 'koffi';

export type Memory = { readonly bytes: Buffer; readonly address: bigint };

/** Zeros, for as long as somebody holds the bytes: V8 moves no ArrayBuffer's memory, and gives it back with the buffer. */
export function steadyMemory(size: number): Memory {
  const bytes = Buffer.from(new ArrayBuffer(size));
  return { bytes, address: koffi.address(bytes) };
}
