/** Which pairs of a mesh have been answered: a bit each. */

export class Pairs {
  readonly #bits: Uint8Array;

  constructor(readonly hosts: number) {
    this.#bits = new Uint8Array(Math.ceil((hosts * hosts) / 8));
  }

  has(from: number, to: number): boolean {
    const at = from * this.hosts + to;
    return ((this.#bits[at >> 3] ?? 0) & (1 << (at & 7))) !== 0;
  }

  /** False where it was there already. */
  add(from: number, to: number): boolean {
    const at = from * this.hosts + to;
    const [byte, bit] = [this.#bits[at >> 3] ?? 0, 1 << (at & 7)];
    this.#bits[at >> 3] = byte | bit;
    return (byte & bit) === 0;
  }
}
