/** The package as others install it: npm pack, installed elsewhere, brings up the lab. */
import test from 'ava';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { World } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';
import { pathTo } from '../helpers/topologies.js';

guardMachine(test);

const run = promisify(execFile);

test('the tarball has what labnet needs, and works where it is installed', async (t) => {
  const folder = temporaryFolder('pack');
  const { stdout } = await run('npm', [
    'pack',
    '--json',
    '--ignore-scripts',
    '--pack-destination',
    folder,
    pathTo('.'),
  ]);
  const [packed] = JSON.parse(stdout) as readonly { filename: string; files: readonly { path: string }[] }[];
  const files = packed?.files.map(({ path }) => path) ?? [];
  for (const wanted of [
    'dist/bundle/start.cjs',
    'dist/src/index.d.ts',
    'dist/bundle/labnet.cjs',
    'dist/bundle/light.cjs',
    'dist/bundle/engine.cjs',
    'dist/bundle/LICENSES',
    'templates/lab.sh.eta',
    'templates/watch.html',
    'templates/watch.css',
    'dist/src/page/main.js',
    'provisioners/host/prepare.sh',
    'topologies/virtual-wan.yaml',
    'topologies/topology.schema.json',
    'LICENSE',
    'README.md',
  ]) {
    t.true(files.includes(wanted), wanted);
  }
  t.false(
    files.some((path) => path.includes('test/') || path.startsWith('src/')),
    'tests and sources stay at home',
  );
  t.true(files.length < 1_200, `${files.length} files`);

  const home = join(folder, 'elsewhere');
  mkdirSync(home);
  writeFileSync(join(home, 'package.json'), '{"name":"elsewhere","private":true,"type":"module"}');
  const install = [
    'install',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    join(folder, packed?.filename ?? ''),
  ];
  await run('npm', install, { cwd: home, timeout: 100_000 });

  // All the types that the library's lead to are there, and hold together.
  mkdirSync(join(home, 'node_modules/@types'), { recursive: true });
  symlinkSync(pathTo('node_modules/@types/node'), join(home, 'node_modules/@types/node'));
  const use = "import { Lab, LabnetError } from 'labnet';\nexport const lab: Promise<Lab> = Lab.open();\n";
  writeFileSync(
    join(home, 'use.ts'),
    `${use}export const isKnown = (e: unknown) => e instanceof LabnetError;\n`,
  );
  const tsc = [pathTo('node_modules/typescript/bin/tsc'), '--noEmit', '--strict', '--module', 'nodenext'];
  const options = ['--target', 'es2023', '--lib', 'es2023,esnext.disposable', '--types', 'node', 'use.ts'];
  const types = await run(process.execPath, [...tsc, ...options], { cwd: home }).catch(
    (error: unknown) => error,
  );
  t.is((types as { readonly stdout: string }).stdout, '');

  const world = new World();
  t.teardown(() => world.end());
  const env = world.env;
  const labnet = join(home, 'node_modules/.bin/labnet');
  cpSync(join(home, 'node_modules/labnet/topologies/virtual-wan.yaml'), join(home, 'wan.yaml'));
  const up = await run(labnet, ['up', 'wan.yaml', '--verify'], { cwd: home, env });
  t.regex(up.stdout, /13 checks passed/);
  await run(labnet, ['render', 'wan.yaml', '--out', 'scripts'], { cwd: home, env });
  t.true(readdirSync(join(home, 'scripts')).includes('lab.sh'));
  const script = `import { Lab } from 'labnet'; const lab = await Lab.open('virtual-wan'); console.log(lab.model.machines.length); await lab.down();`;
  t.is(
    (await run(process.execPath, ['--input-type=module', '-e', script], { cwd: home, env })).stdout,
    '5\n',
  );
});
