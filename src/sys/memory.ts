/** Memory that does not move, for addresses that are passed to the kernel. */
import { Buffer } from 'node:buffer';
import koffi from 'koffi';

export type Memory = { readonly bytes: Buffer; readonly address: bigint };

/** Zeroed memory that lives as long as its bytes are referenced: V8 does not move the memory of an ArrayBuffer, and frees it with the buffer. */
export function steadyMemory(size: number): Memory {
  const bytes = Buffer.from(new ArrayBuffer(size));
  return { bytes, address: koffi.address(bytes) };
}
