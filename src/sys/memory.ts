/** Memory that stays where it is, for what the kernel is told the addresses of. */
import { Buffer } from 'node:buffer';
import koffi from 'koffi';

export type Memory = { readonly bytes: Buffer; readonly address: bigint };

/** For as long as this thread lives: nobody gives it back. */
export function nativeMemory(size: number): Memory {
  const pointer: unknown = koffi.alloc('uint8', size);
  const bytes = Buffer.from(koffi.view(pointer, size));
  bytes.fill(0);
  return { bytes, address: koffi.address(pointer) };
}
