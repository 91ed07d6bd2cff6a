/** `labnet trace` through what the topology does not have: tunnels that somebody has made between machines of a lab. */
import test from 'ava';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TraceResult } from '../../src/index.js';
import { USERS, World } from '../helpers/cli.js';
import { guardMachine } from '../helpers/machine.js';

guardMachine(test);

/** Two sites behind NAT, whose routers let a VXLAN come in (RFC 7348), and private hosts of the other site. */
const SITES = `name: sites
segments: { left: 192.168.1.0/24, right: 192.168.2.0/24, internet: 203.0.113.0/24 }
hosts: { a: { left: 192.168.1.10 }, b: { right: 192.168.2.10 } }
routers:
  r1:
    interfaces: { left: 192.168.1.1, internet: 203.0.113.1 }
    nat: [{ masquerade: left, via: internet }, { forward: udp/4789, via: internet, to: r1 }]
    isolate: false
  r2:
    interfaces: { right: 192.168.2.1, internet: 203.0.113.2 }
    nat: [{ masquerade: right, via: internet }, { forward: udp/4789, via: internet, to: r2 }]
    isolate: false
`;

const half = (own: string, other: string, tunnel: readonly [string, string], behind: string): string =>
  `set -e
ip link add vx0 address 02:00:00:00:99:0${own.at(-1) ?? ''} type vxlan id 7 local ${own} remote ${other} dstport 4789
ip address add ${tunnel[0]}/30 dev vx0
ip link set vx0 mtu 1450 up
ip neigh add ${tunnel[1]} dev vx0 lladdr 02:00:00:00:99:0${other.at(-1) ?? ''} nud permanent
ip route add ${behind} via ${tunnel[1]}`;

async function joined(world: World): Promise<void> {
  const file = join(world.stateDir, 'sites.yaml');
  writeFileSync(file, SITES);
  const run = async (...args: string[]): Promise<void> => {
    const { code, stdout, stderr } = await world.run(...args);
    if (code !== 0) throw new Error(`${args.join(' ')}: ${stdout}${stderr}`);
  };
  await run('up', file);
  const ends = ['10.9.0.1', '10.9.0.2'] as const;
  const [left, right] = ['203.0.113.1', '203.0.113.2'];
  await run('exec', 'r1', '--', 'sh', '-c', half(left, right, ends, '192.168.2.0/24'));
  await run('exec', 'r2', '--', 'sh', '-c', half(right, left, [ends[1], ends[0]], '192.168.1.0/24'));
}

const WAY = ['a', 'r1', 'r2', 'b'];

for (const { who, as } of USERS)
  test.serial(`it is followed through a tunnel, and out of it, as ${as}`, async (t) => {
    const world = new World(who);
    t.teardown(() => world.end());
    await joined(world);
    const result = (await world.json('trace', 'a', '192.168.2.10', '--json')) as unknown as TraceResult;
    t.true(result.answered, JSON.stringify(result.cause ?? result.errors));
    t.deepEqual(
      result.there.hops.map(({ machine }) => machine),
      WAY,
    );
    t.deepEqual(
      result.back.hops.map(({ machine }) => machine),
      [...WAY].reverse(),
    );
    const [, r1, r2] = result.there.hops;
    t.is(r1?.out?.tunnel, 'vxlan to 203.0.113.2');
    t.is(r2?.in?.interface, 'vx0');
    t.is(r1?.out?.packet.source, '192.168.1.10', 'untranslated');
    t.deepEqual(result.mtu, { sent: 1500, bytes: 1450, limitedBy: 'r1' });
    t.deepEqual(result.unexpected, ['r1 sends it to r2 by vx0 (vxlan to 203.0.113.2)']);
    const told = await world.run('trace', 'a', '192.168.2.10:80');
    t.is(told.code, 0, told.stdout);
    t.regex(
      told.stdout,
      /→ r1 +eth0 left +→ +vx0 vxlan to 203\.0\.113\.2 +192\.168\.1\.10:\d+ > 192\.168\.2\.10:80/,
    );
  });

test.serial('where it goes in and comes out nowhere, the tunnel is named, and what carries it', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  await joined(world);
  await world.run('exec', 'r2', '--', 'ip', 'link', 'set', 'vx0', 'down');
  const { code, stdout } = await world.run('trace', 'a', '192.168.2.10');
  t.is(code, 1);
  t.regex(
    stdout,
    /✗ no answer: r1 sends it into vx0 \(vxlan to 203\.0\.113\.2\), and it comes out at no machine of the lab/,
  );
  t.regex(stdout, /fix: look at what carries it: 'labnet trace r1 203\.0\.113\.2'/);
  // A port that the file does not open is shut, and the trace says how to open it.
  const shut = await world.run('trace', 'r1', '203.0.113.2:4790', '--proto', 'udp');
  t.is(shut.code, 1);
  t.regex(shut.stdout, /fix: .*\{ forward: udp\/4790, via: internet, to: r2 \}/);
});
