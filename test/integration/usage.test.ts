/** Command lines that cannot be meant: said as such, with a way on, and with the exit code of bad input. */
import test from 'ava';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OUTPUTS, schemaName } from '../../src/report/outputs.js';
import { World } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';
import { examplePath, pathTo } from '../helpers/topologies.js';

guardMachine(test);

const WAN = examplePath('virtual-wan');

function world(t: { teardown: (work: () => Promise<void>) => void }): World {
  const made = new World();
  t.teardown(() => made.end());
  return made;
}

test('a command line that is not understood is bad input, of subcommands and in JSON too', async (t) => {
  const labnet = world(t);
  for (const args of [
    ['up', '--verfy'],
    ['upp'],
    ['nat', 'set', 'r'],
    ['nat', 'foo'],
    ['partition', 'a', '/', 'b'],
    ['exec'],
    ['trace', 'a'],
  ]) {
    t.is((await labnet.run(...args)).code, 2, args.join(' '));
    const { code, stdout, stderr } = await labnet.run(...args, '--json');
    t.is(code, 2);
    t.is(stderr, '');
    const printed = JSON.parse(stdout) as Record<string, unknown>;
    const { schema, ...body } = printed;
    t.is(schema, schemaName('error'));
    t.deepEqual(OUTPUTS.error.strict().parse(body), body);
    t.like(printed, { diagnostics: { 0: { code: 'bad-usage', severity: 'error' } } });
  }
});

test('a command without the one before it is named whole, in JSON too', async (t) => {
  const labnet = world(t);
  const { stderr } = await labnet.run('partition', 'a', '/', 'b');
  t.is(
    stderr,
    "error: unknown command 'partition'\n(did you mean 'labnet link partition'?)\n(see 'labnet --help')\n",
  );
  const { diagnostics } = JSON.parse((await labnet.run('set', 'r', 'seed=1', '--json')).stdout) as {
    diagnostics: readonly unknown[];
  };
  t.like(diagnostics[0], {
    message: "unknown command 'set'",
    fix: "did you mean 'labnet nat set' or 'labnet link set'?",
  });
});

test('a pipe beside the topologies of a folder keeps nobody waiting', async (t) => {
  const [here, labnet] = [temporaryFolder('usage'), world(t)];
  execFileSync('mkfifo', [join(here, 'pipe.yaml')]);
  writeFileSync(join(here, 'lab.yaml'), 'name: lab\nsegments: { a: 10.0.0.0/24 }\nhosts: { h: a }\n');
  const inside = labnet.through('timeout', '20', 'env', '-C', here);
  const missing = await inside.run('validate', 'lba.yaml');
  t.is(missing.code, 2);
  t.regex(missing.stderr, /files here: lab\.yaml/);
  t.is((await inside.run('validate')).code, 0);
});

test('what comes by a pipe is read once, and is enough', async (t) => {
  const { code, stdout, stderr } = await world(t)
    .through('sh', '-c', `cat "$0" | "$@"`, WAN)
    .run('validate', '/dev/stdin');
  t.is(code, 0, stderr);
  t.regex(stdout, /virtual-wan is a good topology/);
});

test('files that are not there, and names that say two things, are bad input and no fault of labnet', async (t) => {
  const labnet = world(t);
  const here = temporaryFolder('odd');
  for (const [args, code, said] of [
    [['init', join(here, 'none', 'lab.yaml')], 1, /error\[file-unwritable\]: cannot write .*ENOENT/],
    [['replay', join(here, 'none.tar.gz')], 2, /error\[file-unreadable\]: .*there is no such file/],
    [['replay', here], 2, /error\[bundle-refused\]: .*it is not a regular file/],
    [['replay', WAN], 2, /error\[bundle-refused\]: .*not gzipped/],
    [['down', '--all', 'some'], 2, /'--all' and 'some' exclude each other/],
    [
      ['graph', WAN, '--out', join(here, 'wan.png')],
      2,
      /no format for the name wan\.png[^]*\.svg, \.dot or \.mmd/,
    ],
    [['graph', WAN, '--out', join(here, 'wan.constructor')], 2, /no format/],
    [['graph', WAN, '--out', join(here, 'wan.GV')], 0, /^$/],
  ] as const) {
    const result = await labnet.run(...args);
    t.is(result.code, code, args.join(' '));
    t.regex(result.stderr, said);
  }
  t.deepEqual(readdirSync(here), ['wan.GV']);
  t.true(readFileSync(join(here, 'wan.GV'), 'utf8').startsWith('graph'));
});

test('what would be taken for something else is refused, and what to write instead is said', async (t) => {
  const labnet = world(t);
  const HOMES = examplePath('two-homes');
  const scenario = pathTo('topologies/scenarios/transcontinental.scenario.yaml');
  for (const words of [
    ['up', HOMES],
    ['plan', HOMES],
    ['run', scenario],
  ])
    t.is((await labnet.run(...words, '--ssh-config', 'some')).code, 2, words[0]);
  t.is((await labnet.run('up', HOMES)).code, 0);
  for (const [args, said] of [
    [
      ['nat', 'set', 'router-a', 'symmetric'],
      /'symmetric' is not KEY=VALUE\n {2}fix: such as preset=symmetric/,
    ],
    [['capture', 'alice', '--filter', 'host serv'], /unknown host 'serv'[^]*fix: .*server/],
    [['verify', '--mesh', '--only', 'nat'], /a mesh has no kinds of check/],
    [['trace', 'alice', 'server', '--out', 'x.png'], /drawn as SVG, not as \.png/],
    [['trace', 'alice', 'server', '--size', '5'], /not 5\n {2}fix: such as '--size 1500'/],
    // Both homes have the same addresses.
    [
      ['trace', 'alice', 'bob'],
      /alice has no way to bob: 192\.168\.1\.10 is its own address there\n {2}fix: publish bob/,
    ],
  ] as const) {
    const { code, stderr } = await labnet.run(...args);
    t.is(code, 2, args.join(' '));
    t.regex(stderr, said);
  }
  t.is((await labnet.run('trace', 'alice', 'server')).code, 0);
});

test('a kind of check that does not exist is no run of no checks', async (t) => {
  const labnet = world(t);
  await labnet.run('up', WAN);
  for (const kinds of ['gatewya', 'reach,all', ',']) {
    const { code, stderr } = await labnet.run('verify', '--only', kinds);
    t.is(code, 2, kinds);
    t.regex(stderr, /kind of check/);
  }
  const { code, stdout } = await labnet.run('verify', '--only', 'gateway, published');
  t.is(code, 0);
  t.regex(stdout, /6 checks passed/);
  t.regex((await labnet.run('trace', 'proxyA', '999.1.1.1')).stderr, /'999\.1\.1\.1' is not an IP address/);
});
