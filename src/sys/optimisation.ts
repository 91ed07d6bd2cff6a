/** Bytes of a function's bytecode that run before V8 optimises it: eight times V8's default. */
export const LATE_OPTIMISATION = '--interrupt-budget=1000000';
