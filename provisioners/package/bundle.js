/**
 * Makes the bundles that labnet starts from (src/sys/bundle.ts) of what tsc has compiled, with the packages it needs; and what V8 makes of
 * the command line's once commands have run, so that a command need not compile what all of them use.
 */
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const out = join(root, 'dist/bundle');
const program = fileURLToPath(import.meta.url);

/** Loaded from node_modules by those that need them: they have native code, or are large and for one command. */
const external = ['koffi', 'node-ssh', '@hpcc-js/wasm-graphviz'];

/** A module in the bundle says where it was compiled to: files of the package are found from there. */
const places = {
  name: 'places',
  setup(builder) {
    builder.onLoad({ filter: /dist\/src\/.*\.js$/ }, ({ path }) => {
      const place = JSON.stringify(relative(out, path));
      const contents = readFileSync(path, 'utf8').replaceAll(
        'import.meta.url',
        `new URL(${place}, __bundle).href`,
      );
      return { contents, loader: 'js' };
    });
  },
};

/** What commander starts programs with, which labnet never has it do: to load it takes as long as to read a topology. */
const late = {
  name: 'late',
  setup(builder) {
    builder.onLoad({ filter: /node_modules\/commander\/lib\/command\.js$/ }, ({ path }) => {
      const loaded = "const childProcess = require('node:child_process');";
      const text = readFileSync(path, 'utf8');
      if (!text.includes(loaded)) throw new Error(`${path} loads child_process in another way`);
      const late =
        "const childProcess = { spawn: (...args) => require('node:child_process').spawn(...args) };";
      return { contents: text.replace(loaded, late), loader: 'js' };
    });
  },
};

/** Modules that are loaded when they are needed, and of those the ones that a command needs which has to do with no lab. */
const LOADERS = /dist\/src\/(index|main|apply\/lab|drivers\/registry|commands\/[^/]+)\.js$/;
const LIGHT = [
  '../index.js',
  './local.js',
  './apply/validate.js',
  '../drivers/netns/room/explain.js',
  '../report/diagnostics.js',
  '../report/lab.js',
];

/** Leaves out of a bundle what works with labs. */
const light = {
  name: 'light',
  setup(builder) {
    builder.onResolve({ filter: /^\.{1,2}\// }, ({ kind, path, importer }) =>
      kind === 'dynamic-import' && LOADERS.test(importer) && !LIGHT.includes(path)
        ? { path, namespace: 'left-out' }
        : undefined,
    );
    builder.onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({
      contents: `throw new Error(${JSON.stringify(`${path} is not in the bundle of commands without a lab`)});`,
    }));
  },
};

const common = {
  outdir: out,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  plugins: [places, late],
  legalComments: 'none',
  absWorkingDir: root,
};

const BUNDLE = 'const __bundle=require("node:url").pathToFileURL(__filename);';

async function bundle() {
  rmSync(out, { recursive: true, force: true });
  await build({
    ...common,
    entryPoints: { start: join(root, 'dist/src/start.js') },
    banner: { js: `"use strict";${BUNDLE}` },
  });
  const main = join(root, 'dist/src/main.js');
  const { metafile } = await buildPrograms({
    entryPoints: { labnet: main, engine: join(root, 'dist/src/drivers/netns/engine/main.js') },
  });
  await buildPrograms({ entryPoints: { light: main }, plugins: [light, ...common.plugins] });
  writeFileSync(join(out, 'LICENSES'), licences(Object.keys(metafile.inputs)));
}

const buildPrograms = (options) =>
  build({
    ...common,
    ...options,
    external,
    // What is loaded later is in the same file, or required: V8 knows of code that it has kept nobody to import for it.
    supported: { 'dynamic-import': false },
    // Half as much to read. A line that node quotes of it stays short.
    minifyWhitespace: true,
    lineLimit: 120,
    // As node's own loader would have it, so that nobody has to put a function around two megabytes of text.
    banner: {
      js: `(function(module,require,__filename){"use strict";var exports=module.exports;${BUNDLE}`,
    },
    footer: { js: '})' },
    metafile: true,
  });

/** Of every package that is in a bundle. */
function licences(inputs) {
  const packages = new Set(
    inputs.flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []),
  );
  return [...packages]
    .sort()
    .map((name) => {
      const folder = join(root, 'node_modules', name);
      const text = ['LICENSE', 'license', 'LICENSE.md', 'LICENCE']
        .map((file) => readIfThere(join(folder, file)))
        .find(Boolean);
      const { license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      return `${name} (${license})\n\n${text ?? ''}`;
    })
    .join('\n\n');
}

function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** What most commands have in common; and all that the bundle without labs has. */
const WARM = [['--help'], ['validate', 'topologies/virtual-wan.yaml']];

/** Large enough for all that large labs have. */
const LAB = `name: warm
segments: { core: 198.18.0.0/16, site: { count: 5, subnet: 10.0.0.0/24 } }
hosts: { host: { count: 50, site: auto } }
routers:
  border:
    count: 5
    interfaces: { site: auto, core: auto }
    nat: [{ static: host, public: 198.19.0.0/16, via: core }]
`;

/** A lab comes and goes, with its records in that folder. */
function warmLab(folder) {
  const file = join(folder, 'warm.yaml');
  writeFileSync(file, LAB);
  return [
    ['up', file, '--state-dir', folder],
    ['down', 'warm', '--state-dir', folder],
  ];
}

/**
 * In a process of its own, with the settings of the heap that labnet has: V8 takes code back only under the same ones.
 * @param kept whose code: `light`, `labnet` or `labs`
 * @param folder for a lab's records
 */
async function keepCode(kept, folder) {
  const { setHeapFor } = await import('../../dist/src/heap.js');
  setHeapFor(kept);
  const { codePath, openBundle } = await import('../../dist/src/sys/bundle.js');
  const { script, load } = openBundle(kept);
  const { main } = load();
  for (const args of kept === 'labs' ? warmLab(folder) : WARM) {
    process.argv.splice(2, Infinity, ...args);
    await main();
    if (process.exitCode) process.exit();
  }
  writeFileSync(codePath(kept), script.createCachedData());
}

const run = (argv) =>
  spawnSync(argv[0], argv.slice(1), {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });

/** Root's labs are made by the command itself: one in namespaces of its own, where the kernel allows that, shows what code it takes. */
function keepCodeOfLabs() {
  if (process.geteuid() !== 0) return false;
  const folder = mkdtempSync(join(tmpdir(), 'labnet-build-'));
  const inside = ['--mount', '--net', '--ipc', '--pid', '--fork', '--mount-proc', '--kill-child'];
  try {
    return run(['unshare', ...inside, '--', process.execPath, program, 'code', 'labs', folder]).status === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[2] === 'code') await keepCode(...process.argv.slice(3));
else {
  await bundle();
  for (const kept of ['light', 'labnet']) {
    const { status, stderr } = run([process.execPath, program, 'code', kept]);
    if (status !== 0) throw new Error(`the code of labnet could not be kept: ${stderr}`);
  }
  if (!keepCodeOfLabs()) copyFileSync(join(out, 'labnet.code'), join(out, 'labs.code'));
}
