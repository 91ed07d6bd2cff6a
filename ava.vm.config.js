/** Real virtual machines: minutes under emulation, so they are apart from `npm test`. */
export default {
  files: ['dist/test/vm/**/*.test.js'],
  workerThreads: false,
  timeout: '20m',
};
