/** Who makes a machine's namespace, as two threads tell each other by a number a machine in memory that both have. */

export const STATE = { free: 0, making: 1, made: 2, left: 3 } as const;

/** @returns whether it is now this thread's to make */
export const claim = (states: Int32Array, place: number, as: number): boolean =>
  Atomics.compareExchange(states, place, STATE.free, as) === STATE.free;

export function settle(states: Int32Array, place: number, as: number): void {
  Atomics.store(states, place, as);
  Atomics.notify(states, place);
}
