/** Links measured on emulated processors: one at a time, as what else runs there would be measured too. */
export default {
  files: ['dist/test/vm/measured/**/*.test.js'],
  workerThreads: false,
  concurrency: 1,
  timeout: '45m',
};
