/** Real virtual machines: minutes under emulation, so they are apart from `npm test`. */
export default {
  files: ['dist/test/vm/**/*.test.js', '!dist/test/vm/measured/**'],
  workerThreads: false,
  // Each file has a host of its own for its machines, and waits for much: two at a time end sooner.
  concurrency: 2,
  timeout: '45m',
};
