export default {
  files: ['dist/test/{unit,fuzz,contract,integration}/**/*.test.js'],
  // Integration tests enter namespaces through child processes; a process a file keeps their worlds apart.
  workerThreads: false,
  timeout: '400s',
};
