/** Imports point one way: each layer may use those listed behind it, and itself. docs/architecture.md explains them. */
const LAYERS = [
  ['cli', 'start'],
  ['commands'],
  ['index'],
  ['report'],
  ['apply'],
  ['verify', 'state'],
  ['drivers'],
  ['transport', 'sys'],
  ['plan', 'render', 'scenario'],
  ['model', 'nat', 'link'],
  ['topology'],
  ['core'],
  ['page'],
];

const at = (names) => `^src/(${names.join('|')})(/|\\.ts$)`;

/** A layer may not import one above it. */
const upward = LAYERS.flatMap((names, index) => {
  const above = LAYERS.slice(0, index).flat();
  return above.length === 0
    ? []
    : [
        {
          name: `${names.join('-')}-imports-up`,
          severity: 'error',
          from: { path: at(names) },
          to: { path: at(above) },
        },
      ];
});

const only = (name, allowed, packages) => ({
  name,
  severity: 'error',
  from: { path: '^src', pathNot: allowed },
  to: { path: packages },
});

module.exports = {
  forbidden: [
    ...upward,
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: ['^src/(cli|index|start)\\.ts$', 'engine/(main|start)\\.ts$'] },
      to: {},
    },
    only('koffi-in-sys', '^src/sys/', '^node_modules/koffi'),
    only('execa-and-ssh-in-transport', '^src/transport/', '^node_modules/(execa|node-ssh)/'),
    {
      name: 'pure-folders',
      comment: 'What is data and pure functions reads no files, starts no processes and knows no time.',
      severity: 'error',
      from: { path: at(['core', 'topology', 'model', 'nat', 'link', 'plan', 'render', 'scenario']) },
      to: { path: '^(node:)?(fs|child_process|worker_threads|crypto|timers|os)', dependencyTypes: ['core'] },
    },
    {
      name: 'not-to-dev',
      severity: 'error',
      from: { path: '^src' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    { name: 'not-to-test', severity: 'error', from: { path: '^src' }, to: { path: '^test' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
    },
  },
};
