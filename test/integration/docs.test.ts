/** What the documents say is so: commands run, transcripts are what they print, tables are complete, links lead somewhere. */
import test from 'ava';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseDocument } from 'yaml';
import { OPERATION_CODES, SCENARIO_CODES, TOPOLOGY_CODES } from '../../src/core/diagnostic.js';
import { PRESETS } from '../../src/nat/presets/index.js';
import { OUTPUTS } from '../../src/report/outputs.js';
import { ACTION_NAMES } from '../../src/scenario/actions/index.js';
import { CHECK_KINDS } from '../../src/verify/checks/index.js';
import { World } from '../helpers/cli.js';
import { codeBlocks } from '../helpers/documents.js';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';
import { pathTo, read } from '../helpers/topologies.js';

guardMachine(test);

const DOCS = [
  'README.md',
  ...readdirSync(pathTo('docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];

/** Times differ from run to run, and so do tools' own measurements. */
const timeless = (text: string): string =>
  text
    .replace(/\d+\.\d+ s/g, 'N s')
    .replace(/time=[\d.]+ ms/g, 'time=N ms')
    .replace(/\d+\.\d+ ms/g, 'N ms')
    .replace(/ id \d+,/g, ' id N,');

test('the transcript in the README is what the commands print', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  const [transcript = ''] = codeBlocks(read('README.md'), 'console');
  const parts = transcript.split(/^\$ /m).filter((part) => part !== '');
  t.true(parts.length >= 3);
  for (const part of parts) {
    const [command = '', ...printed] = part.trimEnd().split('\n');
    const args = command
      .replace(/^npx labnet /, '')
      .split(' ')
      .map((word) => (word.startsWith('topologies/') ? pathTo(word) : word));
    const { code, stdout } = await world.run(...args);
    t.is(code, 0, command);
    const elided = printed.indexOf('…');
    const expected = elided < 0 ? printed : printed.slice(0, elided);
    t.deepEqual(
      timeless(stdout).split('\n').slice(0, expected.length),
      timeless(expected.join('\n')).split('\n'),
      command,
    );
  }
});

test('the first lab is what happens to who follows it', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  const there = world.through('env', '-C', temporaryFolder('first'));
  const parts = blocks(read('docs/first-lab.md'), 'console').join('').split(/^\$ /m).slice(1);
  t.true(parts.length >= 12);
  for (const part of parts) {
    const [command = '', ...printed] = part.trimEnd().split('\n');
    const args = [...command.replace(/^npx labnet /, '').matchAll(/"([^"]*)"|(\S+)/g)].map(
      ([, quoted, word]) => quoted ?? word ?? '',
    );
    const { code, stdout, stderr } = await there.run(...args);
    t.is(
      code,
      /^npx labnet (trace|status)/.test(command) && printed.some((one) => one.startsWith('✗')) ? 1 : 0,
      command + stderr,
    );
    const shown = printed.filter((line) => line !== '…');
    t.deepEqual(
      timeless(stdout).split('\n').slice(0, shown.length),
      timeless(shown.join('\n'))
        .split('\n')
        .filter((line) => line !== ''),
      command,
    );
  }
});

test('transcripts of traces are what the commands print, and the picture what they draw', async (t) => {
  const folder = temporaryFolder('docs-trace');
  for (const doc of ['README.md', 'docs/trace.md']) {
    const world = new World();
    t.teardown(() => world.end());
    const traces = codeBlocks(read(doc), 'console').slice(doc === 'README.md' ? 1 : 0);
    const parts = traces
      .join('')
      .split(/^\$ /m)
      .filter((part) => part !== '');
    t.true(parts.length >= 3);
    for (const part of parts) {
      const [command = '', ...printed] = part.trimEnd().split('\n');
      const args = command.replace(/^npx labnet /, '').split(' ');
      const placed = args.map((word) =>
        word.startsWith('topologies/') ? pathTo(word) : word.endsWith('.svg') ? join(folder, word) : word,
      );
      const { stdout } = await world.run(...placed);
      const said = timeless(stdout).trimEnd();
      // Where the beginning is left out, the end is there.
      const shown = timeless(printed.join('\n'));
      if (shown.startsWith('…\n')) t.true(said.endsWith(shown.slice(1)), `${command}\n${said}`);
      else t.is(said, shown, command);
    }
  }
  t.is(readFileSync(join(folder, 'trace.svg'), 'utf8'), read('docs/pictures/trace.svg'));
});

test('the diagnostic in the README is what labnet says of that mistake', async (t) => {
  const world = new World();
  const { writeFileSync } = await import('node:fs');
  const folder = temporaryFolder('docs');
  const [topology = ''] = codeBlocks(read('README.md'), 'yaml');
  const [shown = ''] = codeBlocks(read('README.md'), 'text');
  writeFileSync(
    join(folder, 'wan.yaml'),
    topology.replace('proxyA: { intnetA: 192.168.10.100', 'proxyA: { intnetA: 192.168.11.100'),
  );
  const { stderr } = await world.run('validate', join(folder, 'wan.yaml'));
  const printed = stderr.replaceAll(`${folder}/`, '');
  t.true(printed.includes(shown.trimEnd()), printed);
});

test('the commands in the README exist', async (t) => {
  const world = new World();
  const named = new Set([...read('README.md').matchAll(/`labnet ([a-z]+)/g)].map(([, name]) => name ?? ''));
  for (const name of named) t.is((await world.run(name, '--help')).code, 0, name);
  t.true(named.size >= 10);
});

test('every YAML in the documents is YAML', (t) => {
  for (const doc of DOCS) {
    for (const block of codeBlocks(read(doc), 'yaml'))
      t.deepEqual(parseDocument(block).errors, [], `${doc}:\n${block}`);
  }
});

test('links lead somewhere', (t) => {
  for (const doc of DOCS) {
    for (const [, target = ''] of read(doc).matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      t.true(existsSync(pathTo(join(dirname(doc), target))), `${doc}: ${target}`);
    }
  }
});

test('tables have every code, check, preset and output', (t) => {
  for (const [code, [severity, text]] of Object.entries({
    ...TOPOLOGY_CODES,
    ...SCENARIO_CODES,
    ...OPERATION_CODES,
  })) {
    t.true(read('docs/diagnostics.md').includes(`| \`${code}\` | ${severity} | ${text} |`), code);
  }
  for (const kind of ACTION_NAMES) t.true(read('docs/scenarios.md').includes(`\`${kind}:`), kind);
  for (const { kind } of CHECK_KINDS) t.true(read('docs/checks.md').includes(`| \`${kind}\` |`), kind);
  for (const [name, { source }] of Object.entries(PRESETS)) {
    t.true(read('docs/nat.md').includes(`\`${name}\``), name);
    t.true(source.length > 5);
  }
  for (const name of Object.keys(OUTPUTS))
    t.true(name === 'error' || read('docs/json.md').includes(`| \`${name}\` |`), name);
});
