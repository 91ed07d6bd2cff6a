/** Every command as a user meets it: its exit code, its words, and the JSON it promises. */
import test from 'ava';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OUTPUTS, outputSchema, schemaName } from '../../src/report/outputs.js';
import type { OutputName } from '../../src/report/outputs.js';
import { isRoot, noRoot, World } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';
import { examplePath, read, pathTo } from '../helpers/topologies.js';
import { unless } from '../helpers/unless.js';

guardMachine(test);

const WAN = examplePath('virtual-wan');
const folder = (): string => temporaryFolder('cli');

function world(t: { teardown: (work: () => Promise<void>) => void }): World {
  const made = new World();
  t.teardown(() => made.end());
  return made;
}

/** Everything that is printed is in the schema, and nothing but what the schema knows. */
function conforms(
  t: { deepEqual: (a: unknown, b: unknown) => void; is: (a: unknown, b: unknown) => void },
  name: OutputName,
  printed: Record<string, unknown>,
): void {
  const { schema, ...body } = printed;
  t.is(schema, schemaName(name));
  t.deepEqual(OUTPUTS[name].strict().parse(body), body);
}

test('the life of a lab in JSON', async (t) => {
  const labnet = world(t);
  const up = await labnet.json('up', WAN, '--json');
  conforms(t, 'up', up);
  t.like(up, { lab: 'virtual-wan', created: true, hosts: 4, routers: 1, segments: 2 });
  conforms(t, 'up', await labnet.json('up', WAN, '--json'));
  t.is((await labnet.json('up', WAN, '--json'))['created'], false);
  conforms(t, 'list', await labnet.json('list', '--json'));
  conforms(t, 'verify', await labnet.json('verify', '--json'));
  const status = await labnet.json('status', '--json');
  conforms(t, 'status', status);
  const exec = await labnet.json(
    'exec',
    '--json',
    'proxyA',
    '--',
    'sh',
    '-c',
    'echo out; echo err >&2; exit 3',
  );
  conforms(t, 'exec', exec);
  t.like(exec, { exitCode: 3, stdout: 'out\n', stderr: 'err\n' });
  conforms(t, 'down', await labnet.json('down', '--json'));
});

test('a folder that cannot be written to is said, at once', async (t) => {
  for (const out of ['/proc/no-such-folder', '/dev/null/files']) {
    const { code, stderr } = await world(t).run('render', WAN, '--out', out);
    t.is(code, 1);
    t.regex(stderr, new RegExp(`error\\[file-unwritable\\]: cannot write to ${out}: `));
  }
});

test('what needs no lab, in JSON', async (t) => {
  const labnet = world(t);
  conforms(t, 'validate', await labnet.json('validate', WAN, '--json'));
  conforms(t, 'validate', await labnet.json('validate', WAN, '--json', '--model'));
  const sweep = await labnet.json(
    'validate',
    pathTo('topologies/scenarios/nat-sweep.scenario.yaml'),
    '--json',
  );
  conforms(t, 'validate', sweep);
  t.deepEqual(sweep['scenario'], { name: 'nat-sweep', runs: 8, steps: 5 });
  conforms(t, 'render', await labnet.json('render', WAN, '--json'));
  conforms(t, 'doctor', await labnet.json('doctor', '--json'));
  conforms(t, 'init', await labnet.json('init', join(folder(), 'x.yaml'), '--json'));
  conforms(t, 'error', await labnet.json('verify', 'nobody', '--json'));
  conforms(t, 'error', await labnet.json('up', 'nobody.yaml', '--json'));
});

test('status counts the packets that rules have met', async (t) => {
  const labnet = world(t);
  await labnet.run('up', WAN);
  await labnet.run('exec', 'proxyA', '--', 'ping', '-c1', '100.100.100.200');
  const { stdout, code } = await labnet.run('status');
  t.is(code, 0);
  t.regex(stdout, /proxyB +host +eth0 +intnetB +172\.168\.10\.100\/24 +172\.168\.10\.10/);
  t.regex(stdout, /\n +1 +-A LABNET-DNAT -d 100\.100\.100\.200\/32/);
});

test('exec passes on exit codes, arguments and signals as they are', async (t) => {
  const labnet = world(t);
  await labnet.run('up', WAN);
  t.is((await labnet.run('exec', 'peerB', 'sh', '-c', 'exit 42')).code, 42);
  t.is((await labnet.run('exec', 'peerB', '--', 'sh', '-c', 'kill -TERM $$')).code, 143);
  t.is(
    (await labnet.run('exec', 'peerB', '--', 'printf', '%s|', 'a b', '$(id)', "it's", '-x')).stdout,
    "a b|$(id)|it's|-x|",
  );
  t.is((await labnet.run('exec', 'peerB', '--', 'hostname')).stdout, 'peerB\n');
  t.is((await labnet.run('exec', 'peerB', '--', 'pwd')).stdout, `${process.cwd()}\n`);
  const unknown = await labnet.run('exec', 'perB', '--', 'true');
  t.is(unknown.code, 2);
  t.regex(unknown.stderr, /did you mean 'peerB'\?/);
  t.is((await labnet.run('exec', 'peerB', '--', 'no-such-program')).code, 127);
});

test('each machine has a /run of its own, and processes of its own lab only', async (t) => {
  const labnet = world(t);
  await labnet.run('up', WAN);
  await labnet.run('exec', 'proxyA', '--', 'sh', '-c', 'echo a > /run/mine');
  t.is((await labnet.run('exec', 'proxyA', '--', 'cat', '/run/mine')).stdout, 'a\n');
  t.not((await labnet.run('exec', 'proxyB', '--', 'cat', '/run/mine')).code, 0);
  const { stdout } = await labnet.run('exec', 'proxyA', '--', 'ps', '-e', '-o', 'pid=,comm=');
  t.regex(stdout.trim().split('\n')[0] ?? '', /^\s*1 sleep$/);
});

test('a changed file is what the lab becomes, where it runs', async (t) => {
  const labnet = world(t);
  const file = join(folder(), 'wan.yaml');
  const wan = read('topologies/virtual-wan.yaml');
  writeFileSync(file, wan);
  t.is((await labnet.run('up', file)).code, 0);
  writeFileSync(
    file,
    wan.replace('peerA: { intnetA: 192.168.10.101 }', 'peerA: { intnetA: 192.168.10.111 }'),
  );
  const said =
    /\+ peerA: address 192\.168\.10\.111\/24 on eth0\n.*- peerA: address 192\.168\.10\.101\/24 on eth0/;
  t.regex((await labnet.run('plan', file)).stdout, said);
  t.regex((await labnet.run('up', file)).stdout, said);
  const { stdout } = await labnet.run('exec', 'peerA', '--', 'ip', '-br', 'address', 'show', 'eth0');
  t.regex(stdout, /192\.168\.10\.111/);
  t.notRegex(stdout, /192\.168\.10\.101/);
  t.regex((await labnet.run('plan', file)).stdout, /nothing to be done/);
});

test('a lab is meant by name, by file, or by being the only one', async (t) => {
  const labnet = world(t);
  await labnet.run('up', WAN);
  await labnet.run('up', examplePath('two-homes'));
  t.is((await labnet.run('status', 'two-homes')).code, 0);
  t.is((await labnet.run('status', WAN)).code, 0);
  const both = await labnet.run('status');
  t.is(both.code, 2);
  t.regex(both.stderr, /several labs are running: two-homes, virtual-wan/);
  const wrong = await labnet.run('down', 'two-hmes');
  t.is(wrong.code, 2);
  t.regex(wrong.stderr, /did you mean 'two-homes'\?/);
  t.is((await labnet.run('exec', '--lab', 'two-homes', 'alice', '--', 'true')).code, 0);
});

test('bad input ends with 2 and everything that is wrong, without a stack', async (t) => {
  const labnet = world(t);
  const file = join(folder(), 'bad.yaml');
  writeFileSync(file, 'name: x\nsegments:\n  lan: 10.0.0.0/33\nhosts:\n  a: { lam: auto }\n');
  for (const command of ['up', 'validate', 'render']) {
    const { code, stderr, stdout } = await labnet.run(command, file);
    t.is(code, 2, command);
    t.is(stdout, '');
    t.regex(stderr, /bad\.yaml:3:8[^]*bad\.yaml:5:8/);
    t.notRegex(stderr, /\n\s+at /);
  }
  t.is((await labnet.run('up', join(folder(), 'none.yaml'))).code, 2);
  t.is((await labnet.run('up', folder())).code, 2);
  t.is((await labnet.run('frobnicate')).code, 2);
  t.is((await labnet.run('up', WAN, '--nonsense')).code, 2);
  t.is((await labnet.run('up', WAN, '--driver', 'nets')).code, 2);
});

test('nothing is coloured where nobody sees it', async (t) => {
  const labnet = world(t);
  const { stdout, stderr } = await labnet.run('validate', WAN);
  t.false(`${stdout}${stderr}`.includes('\u001b['));
});

test('--timing says where the time went: a table apart from the output, or a key of the JSON', async (t) => {
  const labnet = world(t);
  const table = await labnet.run('validate', WAN, '--timing');
  t.regex(table.stdout, /^✓ virtual-wan is a good topology/);
  t.notRegex(table.stdout, /parse/);
  for (const phase of ['start', 'parse', 'resolve', 'total'])
    t.regex(table.stderr, new RegExp(`^  ${phase} +[0-9.]+ ms$`, 'm'));
  const { timing } = (await labnet.json('up', WAN, '--timing', '--json')) as {
    timing: Record<'phases' | 'engine', Record<string, number>>;
  };
  const { timing: schema } = outputSchema('up')['properties'] as Record<string, { properties: object }>;
  t.deepEqual(Object.keys(timing), Object.keys(schema?.properties ?? {}));
  for (const phase of ['parse', 'resolve', 'room', 'plan', 'wait', 'record'])
    t.true(phase in timing.phases, phase);
  // Root's engine is in the command's own thread.
  const engine = isRoot ? timing.phases : timing.engine;
  for (const phase of ['namespaces', 'links', 'addresses', 'NAT']) t.true(phase in engine, phase);
  t.false('timing' in (await labnet.json('list', '--json')));
});

test('init writes a topology that comes up and is proven', async (t) => {
  const labnet = world(t);
  const file = join(folder(), 'my-lab.yaml');
  t.is((await labnet.run('init', file)).code, 0);
  const up = await labnet.run('up', file, '--verify');
  t.is(up.code, 0, up.stdout + up.stderr);
  t.regex(up.stdout, /checks passed/);
  const again = await labnet.run('init', file);
  t.is(again.code, 2);
  t.regex(readFileSync(file, 'utf8'), /^name: my-lab$/m);
});

test('schema prints what the project has committed, and a schema for every output', async (t) => {
  const labnet = world(t);
  t.is((await labnet.run('schema')).stdout, read('topologies/topology.schema.json'));
  for (const name of Object.keys(OUTPUTS)) t.is((await labnet.run('schema', '--output', name)).code, 0, name);
});

test('doctor says that this machine is ready', async (t) => {
  const { stdout, code } = await world(t).run('doctor');
  t.is(code, 0);
  t.regex(stdout, /netns: ready/);
});

/** Debian's iptables-restore is a link through a folder, which an empty one of our own mount namespace hides. */
const WITHOUT_IPTABLES = [
  'unshare',
  '--mount',
  '--',
  'sh',
  '-c',
  'mount -t tmpfs none /etc/alternatives && exec "$@"',
  'sh',
];

unless(noRoot)('iptables missing is said with the way to get it, and nothing is left', async (t) => {
  const labnet = world(t);
  const { code, stderr } = await labnet.through(...WITHOUT_IPTABLES).run('up', WAN);
  t.is(code, 1);
  t.regex(stderr, /iptables-restore is not installed[^]*apt-get install iptables/);
  t.deepEqual(readdirSync(labnet.stateDir), []);
  const doctor = await labnet.through(...WITHOUT_IPTABLES).run('doctor');
  t.is(doctor.code, 1);
  t.regex(doctor.stderr, /apt-get install iptables/);
});
