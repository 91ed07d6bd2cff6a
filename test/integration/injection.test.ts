/** Nothing that a topology, a file's name or a command line says gets to a shell as anything but text. */
import test from 'ava';
import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { Lab, render, validate } from '../../src/index.js';
import { toolPath } from '../../src/sys/tools.js';
import type { Path } from '../../src/topology/source.js';
import { isRoot, World } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';
import { resolveText, read } from '../helpers/topologies.js';

guardMachine(test);

const EVIL = [
  '$(touch PWNED)',
  '`touch PWNED`',
  '; touch PWNED',
  "'; touch PWNED; '",
  '"; touch PWNED; "',
  '\n touch PWNED\n',
  '| touch PWNED',
  '&& touch PWNED',
  '-A INPUT -j DROP',
  '--help',
  '../../etc/passwd',
  '%s%n',
  '\u0000',
  '${IFS}touch${IFS}PWNED',
  '* ',
  '~',
  '💥',
];

test('no text of any kind is accepted where a name or an address belongs', (t) => {
  const data = {
    name: 'lab',
    segments: { lan: '10.0.0.0/24', wan: '203.0.113.0/24' },
    hosts: { a: { lan: 'auto' } },
    routers: {
      r: {
        interfaces: { lan: 'auto', wan: 'auto' },
        nat: [
          { static: 'a', public: '198.51.100.1', via: 'wan' },
          { masquerade: 'lan', via: 'wan', preset: 'home-router' },
          { forward: 'tcp/80', via: 'wan', to: 'a:80' },
        ],
        routes: [{ to: '10.5.0.0/16', via: '203.0.113.9' }],
        isolate: ['lan'],
      },
    },
    checks: [
      { ping: 'a -> r', 'seen-as': '10.0.0.2' },
      { path: 'a -> r', via: ['r'] },
    ],
  };
  t.truthy(resolveText(stringify(data)).lab);
  const places = leaves(data);
  t.true(places.length > 20);
  for (const place of places) {
    for (const evil of EVIL) {
      const { lab } = resolveText(stringify(replaced(data, place, evil)));
      t.is(lab, undefined, `${place.join('.')} = ${JSON.stringify(evil)}`);
    }
  }
});

test('no key of any kind is accepted where a name belongs', (t) => {
  for (const evil of [
    ...EVIL,
    '__proto__',
    'constructor x',
    'a b',
    'a.b',
    'a/b',
    'é',
    '1a',
    '-a',
    'a'.repeat(32),
  ]) {
    for (const [kind, value] of [
      ['segments', '10.7.0.0/24'],
      ['hosts', 'lan'],
      ['routers', { lan: 'auto' }],
    ] as const) {
      const data = {
        name: 'lab',
        segments: { lan: '10.0.0.0/24' },
        [kind]: { ...(kind === 'segments' && { lan: '10.0.0.0/24' }), [evil]: value },
      };
      t.is(resolveText(stringify(data)).lab, undefined, `${kind}: ${JSON.stringify(evil)}`);
    }
  }
});

function leaves(value: unknown, place: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [place];
  return Object.entries(value).flatMap(([key, inner]) =>
    leaves(inner, [...place, Array.isArray(value) ? Number(key) : key]),
  );
}

function replaced(data: unknown, [step, ...rest]: Path, value: unknown): unknown {
  if (step === undefined) return value;
  const copy = (Array.isArray(data) ? [...(data as unknown[])] : { ...(data as object) }) as Record<
    string | number,
    unknown
  >;
  copy[step] = replaced(copy[step], rest, value);
  return copy;
}

test('a file of any name gives scripts and rules that do no more than they say', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  const folder = temporaryFolder('names');
  const text = read('topologies/two-homes.yaml');
  const names = [
    '$(touch PWNED).yaml',
    '`touch PWNED`.yaml',
    "a'; touch PWNED; '.yaml",
    'a"\n-A INPUT -j DROP\n#.yaml',
    '-A INPUT.yaml',
    'é💥 .yaml',
  ];
  const user = isRoot ? [] : ['--user', '--map-root-user'];
  for (const name of names) {
    const file = join(folder, name);
    writeFileSync(file, text);
    const { lab } = await validate(file);
    t.truthy(lab, name);
    if (!lab) continue;
    const scripts = temporaryFolder('scripts');
    t.is((await world.run('render', file, '--out', scripts)).code, 0);
    const saved = execFileSync(
      'unshare',
      [
        ...user,
        '--net',
        '--mount',
        '--',
        'sh',
        join(scripts, 'lab.sh'),
        'ip',
        'netns',
        'exec',
        'router-a',
        'iptables-save',
      ],
      { cwd: scripts, encoding: 'utf8', env: { ...process.env, PATH: toolPath() } },
    );
    t.notRegex(saved, /^-A INPUT -j DROP/m, name);
    await using running = await Lab.up(file, { stateDir: world.stateDir });
    const { stdout } = await running.exec('router-a', ['iptables-save'], { cwd: scripts });
    t.notRegex(stdout, /^-A INPUT -j DROP/m, name);
    t.deepEqual(
      [...readdirSync(scripts), ...readdirSync(folder), ...readdirSync(process.cwd())].filter(
        (entry) => entry === 'PWNED',
      ),
      [],
    );
  }
});

test('arguments of exec are arguments, whatever is in them', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  await using lab = await Lab.up(
    { name: 'args', segments: { lan: '10.0.0.0/24' }, hosts: { a: 'lan' } },
    { stateDir: world.stateDir },
  );
  const argument = fc.oneof(
    fc.constantFrom(...EVIL.filter((one) => !one.includes('\u0000'))),
    fc.string({ maxLength: 20 }).filter((one) => !one.includes('\u0000')),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(argument, { maxLength: 5 }), async (args) => {
      const { stdout } = await lab.exec('a', ['printf', '%s\\0', ...args, 'end']);
      t.deepEqual(stdout.split('\u0000').slice(0, -1), [...args, 'end']);
    }),
    { numRuns: 40 },
  );
  t.false(existsSync('PWNED'));
});

test('every script that is rendered is quoted as a shell reads it', async (t) => {
  for (const name of ['virtual-wan', 'dmz', 'three-isps']) {
    const { lab } = resolveText(read(`topologies/${name}.yaml`), `${name}.yaml`);
    t.truthy(lab);
    for (const { path, text } of lab ? await render(lab) : []) {
      if (path.endsWith('.sh')) t.notThrows(() => execFileSync('sh', ['-n'], { input: text }), path);
    }
  }
});
