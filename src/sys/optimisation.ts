/** Bytes of a function's bytecode that are run before V8 optimises it: eight times as many as V8 itself would wait for. */
export const LATE_OPTIMISATION = '--interrupt-budget=1000000';
