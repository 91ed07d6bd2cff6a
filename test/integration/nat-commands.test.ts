/** `labnet nat` as its users run it: what it prints, what it changes while a lab runs, and what it refuses. */
import test from 'ava';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OutputName } from '../../src/report/outputs.js';
import { OUTPUTS, schemaName } from '../../src/report/outputs.js';
import { finished, World } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';

guardMachine(test);

const TOPOLOGY = `name: nat-commands
segments:
  internet: 203.0.113.0/24
  home: 192.168.1.0/24
  other: 192.168.2.0/24
hosts:
  client: { home: 192.168.1.10 }
  second: { home: 192.168.1.11 }
  neighbour: { other: 192.168.2.10 }
  near: { internet: 203.0.113.1 }
  far: { internet: 203.0.113.2 }
routers:
  router:
    interfaces: { home: 192.168.1.1, internet: 203.0.113.11 }
    nat: [{ masquerade: home, via: internet }]
  beside:
    interfaces: { other: 192.168.2.1, internet: 203.0.113.12 }
    nat: [{ masquerade: other, via: internet }]
`;

type Context = { teardown: (work: () => Promise<void>) => void };

function world(t: Context): World {
  const made = new World();
  t.teardown(() => made.end());
  return made;
}

async function running(t: Context): Promise<World> {
  const labnet = world(t);
  const file = join(temporaryFolder('nat'), 'nat.yaml');
  writeFileSync(file, TOPOLOGY);
  await labnet.run('up', file);
  return labnet;
}

const parsed = (name: OutputName, printed: Record<string, unknown>): Record<string, unknown> => {
  const { schema, ...body } = printed;
  if (schema !== schemaName(name)) throw new Error(JSON.stringify(printed));
  return OUTPUTS[name].strict().parse(body);
};

test('the presets with their behaviour and source', async (t) => {
  const labnet = world(t);
  const { presets } = parsed('nat-list', await labnet.json('nat', 'list', '--json')) as {
    presets: Record<string, { source: string }>;
  };
  t.true(Object.values(presets).every(({ source }) => source.length > 10));
  t.regex((await labnet.run('nat', 'list')).stdout, /^symmetric +address-and-port-dependent/m);
});

test('hole punching through every pair of presets is as the literature has it', async (t) => {
  const labnet = world(t);
  const page = join(temporaryFolder('matrix'), 'matrix.html');
  const { code, stdout } = await labnet.run('nat', 'matrix', '--json', '--html', page);
  const { presets, pairings } = parsed('nat-matrix', JSON.parse(stdout) as Record<string, unknown>) as {
    presets: string[];
    pairings: { a: string; b: string; protocol: string; connects: boolean; error?: string }[];
  };
  t.is(code, 0, stdout);
  t.is(pairings.length, presets.length ** 2 * 2);
  const [cone, port] = [
    new Set(['symmetric', 'corporate']),
    new Set(['port-restricted-cone', 'home-router']),
  ];
  // Written down from RFC 5128 and B. Ford et al.: Peer-to-Peer Communication Across NATs, 2005; not from the code.
  for (const { a, b, protocol, connects, error } of pairings) {
    const needsRelay = (cone.has(a) && (cone.has(b) || port.has(b))) || (cone.has(b) && port.has(a));
    t.is(connects, !needsRelay, `${protocol} ${a} ${b} ${error ?? ''}`);
  }
  t.is(
    [...readFileSync(page, 'utf8').matchAll(/<td class="yes">/g)].length,
    pairings.filter((one) => one.connects).length,
  );
  t.is((await labnet.run('list')).stdout.trim(), 'no lab is running');
});

test('presets that are none are refused, and some of them make a smaller table', async (t) => {
  const labnet = world(t);
  const refused = await labnet.run('nat', 'matrix', '--presets', 'symetric');
  t.is(refused.code, 2);
  t.regex(refused.stderr, /did you mean 'symmetric'\?/);
  const some = await labnet.run('nat', 'matrix', '--presets', 'symmetric,full-cone');
  t.is(some.code, 0, some.stderr);
  t.regex(some.stdout, /A {2}symmetric +· {2}✓/);
});

test('a NAT is set, probed and flushed while it works; its neighbour notices nothing', async (t) => {
  const labnet = await running(t);
  const ping = labnet.start(
    'exec',
    'neighbour',
    '--',
    'ping',
    '-q',
    '-i',
    '0.01',
    '-c',
    '600',
    '203.0.113.1',
  );
  const pinged = finished(ping);
  const traits = async (): Promise<string[]> => {
    const { nats } = parsed('nat-probe', await labnet.json('nat', 'probe', 'router', '--json')) as {
      nats: { traits: { trait: string; observed: string[]; status: string }[] }[];
    };
    t.true(
      nats[0]?.traits.every(({ status }) => status === 'pass'),
      JSON.stringify(nats),
    );
    return nats[0]?.traits.slice(0, 2).map(({ observed }) => observed.join()) ?? [];
  };
  t.deepEqual(await traits(), ['endpoint-independent', 'address-and-port-dependent']);
  parsed('nat-set', await labnet.json('nat', 'set', 'router', 'preset=symmetric', '--json'));
  t.deepEqual(await traits(), ['address-and-port-dependent', 'address-and-port-dependent']);
  const changes = ['mapping=address-dependent', 'filtering=endpoint-independent', 'timeouts.udp=9s'];
  t.is((await labnet.run('nat', 'set', 'router', ...changes)).code, 0);
  t.deepEqual(await traits(), ['address-dependent', 'endpoint-independent']);
  t.is((await labnet.run('verify')).code, 0);

  const map = ['exec', 'router', '--', 'nft', 'list', 'map', 'ip', 'labnet', 'own1'];
  t.regex((await labnet.run(...map)).stdout, /elements = /);
  parsed('nat-flush', await labnet.json('nat', 'flush', 'router', '--json'));
  t.notRegex((await labnet.run(...map)).stdout, /elements = /);
  const connections = await labnet.run('exec', 'router', '--', 'cat', '/proc/net/stat/nf_conntrack');
  t.regex(connections.stdout, /^entries/);
  t.regex((await pinged).stdout, /600 received, 0% packet loss/);
});

test('settings that are none change nothing', async (t) => {
  const labnet = await running(t);
  const rules = async () =>
    (await labnet.run('exec', 'router', '--', 'nft', '-s', 'list', 'table', 'ip', 'labnet')).stdout;
  const before = await rules();
  for (const [setting, words] of [
    ['prest=symmetric', /unknown-key.*'prest'[\s\S]*did you mean 'preset'/],
    ['ports=any', /wrong-value[\s\S]*preserve, random, sequential, parity, blocks/],
    ['preset=symetric', /unknown-preset[\s\S]*did you mean 'symmetric'/],
    ['preset=one-to-one', /nat-behaviour-unfit/],
    ['timeouts.udp=soon', /wrong-value[\s\S]*30s, 5m/],
    ['block-size=64512', /.*/],
    ['seed=$(touch /tmp/x)', /wrong-value/],
  ] as const) {
    const blocks = setting.startsWith('block-size') ? ['ports=blocks'] : [];
    const { code, stderr } = await labnet.run('nat', 'set', 'router', setting, ...blocks);
    t.is(code, 2, setting);
    t.regex(stderr, words, setting);
  }
  t.regex((await labnet.run('nat', 'set', 'rooter', 'seed=1')).stderr, /did you mean 'router'/);
  t.regex((await labnet.run('nat', 'flush', 'client')).stderr, /no router 'client'/);
  t.is(await rules(), before);
});

test('a seed makes the same choice in another lab, and another seed another', async (t) => {
  const port = async (seed: string): Promise<string> => {
    const labnet = await running(t);
    await labnet.run('nat', 'set', 'router', 'ports=random', `seed=${seed}`);
    const script =
      'use Socket; socket(S,2,2,17); bind(S,pack_sockaddr_in(5000,"\\0\\0\\0\\0")); send(S,"x",0,pack_sockaddr_in(9,inet_aton("203.0.113.1")))';
    await labnet.run('exec', 'client', '--', 'perl', '-e', script);
    const { stdout } = await labnet.run('exec', 'router', '--', 'nft', 'list', 'map', 'ip', 'labnet', 'own1');
    return /203\.0\.113\.11 \. (\d+)/.exec(stdout)?.[1] ?? stdout;
  };
  const [first, again, other] = await Promise.all([port('7'), port('7'), port('8')]);
  t.regex(first, /^\d+$/);
  t.is(again, first);
  t.not(other, first);
});
