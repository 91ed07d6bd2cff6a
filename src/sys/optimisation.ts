/** Bytes of a function's bytecode that are run before V8 optimises it: eight times as many as V8 itself would wait for. */
export const LATE_OPTIMISATION = '--interrupt-budget=1000000';
/** V8 collects what is no longer used rather than let its heaps grow. A lab of a hundred machines takes 8 % longer with it. */
export const COLLECT_OFTEN = '--optimize-for-size';
