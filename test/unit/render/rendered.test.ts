/** What `labnet render` writes is stable, readable and safe: a golden file for each example. */
import test from 'ava';
import { renderScripts } from '../../../src/render/scripts.js';
import { iptablesRestore } from '../../../src/render/iptables.js';
import { printable } from '../../../src/render/text.js';
import { readTemplates } from '../../../src/transport/assets.js';
import { golden } from '../../helpers/golden.js';
import { EXAMPLES, example, labOf, resolveText, read } from '../../helpers/topologies.js';

const templates = readTemplates();

/** The examples as their files name them, so that comments point there. */
function exampleFile(name: string) {
  const { lab } = resolveText(read(`topologies/${name}.yaml`), `topologies/${name}.yaml`);
  if (!lab) throw new Error(name);
  return lab;
}

/** The others would be a megabyte of the same. */
const SMALL = EXAMPLES.filter((name) => exampleFile(name).machines.length <= 50);

for (const name of SMALL) {
  test(`golden: ${name}`, (t) => {
    const files = renderScripts(exampleFile(name), templates);
    golden(t, `rendered/${name}.txt`, files.map(({ path, text }) => `### ${path}\n${text}`).join('\n'));
  });
}

test('every mapping has one comment, with the line of the file it comes from', (t) => {
  const text = read('topologies/virtual-wan.yaml').split('\n');
  const lab = exampleFile('virtual-wan');
  const router = lab.machines.find(({ name }) => name === 'router');
  const rules = router ? iptablesRestore(router, lab.file, { family: 4 }) : '';
  const comments = [...rules.matchAll(/^# virtual-wan\.yaml:(\d+) (.*)$/gm)];
  t.is(comments.length, 2);
  for (const [, line, about] of comments) {
    const written = text[Number(line) - 1] ?? '';
    t.true(written.includes('static:'), `${line ?? ''}: ${written}`);
    t.true(about?.includes(/static: (\w+)/.exec(written)?.[1] ?? 'nobody'));
  }
});

test("a host's own public address comes before the one its segment shares, wherever it is written", (t) => {
  const lab = labOf(`name: x
segments: { lan: 10.0.0.0/24, wan: 203.0.113.0/24 }
hosts: { a: lan, b: lan }
routers:
  r:
    interfaces: { lan: auto, wan: auto }
    nat: [{ masquerade: lan, via: wan, preset: symmetric }, { static: a, public: 198.51.100.1, via: wan }]`);
  const rules = lab.machines[0] ? iptablesRestore(lab.machines[0], 'x.yaml', { family: 4 }) : '';
  t.true(rules.indexOf('--to-source 198.51.100.1') < rules.indexOf('--random-fully'));
  t.true(rules.includes('--random-fully'));
});

test('a router that translates nothing has no rules, and a host has none', (t) => {
  for (const machine of example('router-chain').machines)
    t.is(iptablesRestore(machine, 'x.yaml', { family: 4 }), '');
});

test('a file name cannot end a comment', (t) => {
  t.is(
    printable('a"\n-A INPUT -j DROP $(id) `id` \u001b[31m.yaml'),
    'a__-A INPUT -j DROP _(id) _id_ __31m.yaml',
  );
});
