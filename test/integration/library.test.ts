/** The programs in the documents: each is compiled strictly against the types of the package, and run. */
import test from 'ava';
import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { World } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';
import { codeBlocks } from '../helpers/documents.js';
import { pathTo, read } from '../helpers/topologies.js';

guardMachine(test);

const run = promisify(execFile);

type Program = { readonly name: string; readonly text: string; readonly prints: readonly RegExp[] };

/** What each prints, in the order of the document. */
const PRINTS: Readonly<Record<string, readonly (readonly RegExp[])[]>> = {
  'README.md': [[/1 received[^]* 0$/m]],
  'docs/scenarios.md': [[/^passed 4 /]],
  'docs/library.md': [
    [/^0 .*1 received/s, /\d+ checks passed, 0 failed/],
    [/eth0@?\S* +UP +192\.168\.1\.10/],
    [/^client 192\.168\.1\.\d+\/24$/m, /^unknown-segment .*'hoem' segments: home, internet$/m],
    [
      /^udp mapping address-and-port-dependent/m,
      /^false bob has no route to 203\.0\.113\.10.* labnet exec bob -- ip route/m,
      /\[\s*'[^']*route/,
    ],
    [/^lab\.sh \d+$/m, /^flowchart|^graph /m, /^0$/m, /report\.json|index\.html|junit\.xml/],
  ],
};

const programs: readonly Program[] = Object.entries(PRINTS).flatMap(([file, prints]) =>
  codeBlocks(read(file), 'ts').map((text, index) => ({
    name: `${file.replace(/\W/g, '-')}-${index + 1}`,
    text,
    prints: prints[index] ?? [],
  })),
);

/** A folder of somebody who has labnet installed, with the programs as JavaScript of this Node's. */
async function compiled(): Promise<string> {
  const folder = temporaryFolder('library');
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(pathTo(''), join(folder, 'node_modules/labnet'));
  symlinkSync(pathTo('topologies'), join(folder, 'topologies'));
  symlinkSync(pathTo('node_modules/@types'), join(folder, 'node_modules/@types'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const { name, text } of programs) writeFileSync(join(folder, `${name}.ts`), text);
  const files = programs.map(({ name }) => `${name}.ts`);
  const options = ['--strict', '--target', 'es2022', '--lib', 'es2023,esnext.disposable', '--types', 'node'];
  await run(
    process.execPath,
    [pathTo('node_modules/typescript/bin/tsc'), ...options, '--module', 'nodenext', ...files],
    {
      cwd: folder,
    },
  ).catch((error: unknown) => {
    throw new Error((error as { stdout: string }).stdout);
  });
  return folder;
}

test('the programs in the documents are as the types say, and do what they say', async (t) => {
  t.timeout(300_000);
  t.deepEqual(
    Object.values(PRINTS).map((prints) => prints.length),
    Object.keys(PRINTS).map((file) => codeBlocks(read(file), 'ts').length),
  );
  const folder = await compiled();
  const world = new World();
  t.teardown(() => world.end());
  for (const { name, prints } of programs) {
    const { stdout } = await run(process.execPath, [`${name}.js`], { cwd: folder, env: world.env });
    for (const printed of prints) t.regex(stdout, printed, name);
  }
  t.deepEqual((await world.json('list', '--json'))['labs'], []);
});
