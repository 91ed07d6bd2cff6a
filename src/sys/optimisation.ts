/** Bytes of a function's bytecode that run before V8 optimises it: eight times V8's default. */
export const LATE_OPTIMISATION = '--interrupt-budget=1000000';
/** V8 collects what is no longer used rather than let its heaps grow. A lab of a hundred machines takes 8 % longer with it. */
export const COLLECT_OFTEN = '--optimize-for-size';
/** V8 collects when a heap has grown by a third: of its work that is a share which does not grow with the heap, unlike with the other one. */
export const GROW_LITTLE = '--heap-growing-percent=33';
