/** Two NATs of one router: behind one address they share out its ports, and hosts that are behind both meet by either. */
import test from 'ava';
import { Lab } from '../../src/index.js';
import { World } from '../helpers/cli.js';
import { guardMachine } from '../helpers/machine.js';

guardMachine(test);

/** From UDP port 5000, to a port where nobody is. */
const SEND = `use Socket; socket(S, PF_INET, SOCK_DGRAM, 17); bind(S, pack_sockaddr_in(5000, INADDR_ANY));
send(S, "x", 0, pack_sockaddr_in(9, inet_aton("203.0.113.1")))`;

for (const preset of ['restricted-cone', 'symmetric', 'carrier-grade'])
  test(`${preset} beside a full cone`, async (t) => {
    const world = new World();
    t.teardown(() => world.end());
    const lab = await Lab.up(
      {
        name: `nat-shared-${preset}`,
        segments: { internet: '203.0.113.0/24', home: '192.168.1.0/24', guests: '192.168.2.0/24' },
        hosts: {
          client: { home: '192.168.1.10' },
          guest: { guests: '192.168.2.10' },
          near: { internet: '203.0.113.1' },
          far: { internet: '203.0.113.2' },
        },
        routers: {
          router: {
            interfaces: { home: '192.168.1.1', guests: '192.168.2.1', internet: '203.0.113.11' },
            nat: [
              { masquerade: 'home', via: 'internet', preset },
              {
                masquerade: 'guests',
                via: 'internet',
                preset: 'full-cone',
                timeouts: TIMEOUTS[preset] ?? {},
              },
            ],
          },
        },
      },
      { stateDir: world.stateDir },
    );
    t.teardown(() => lab.close());
    const { verdicts } = await lab.verify();
    t.deepEqual(
      verdicts.filter(({ status }) => status !== 'pass'),
      [],
    );
    t.is(verdicts.filter(({ kind }) => kind === 'nat').length, 2);
    for (const machine of ['client', 'guest'])
      t.is((await lab.exec(machine, ['perl', '-e', SEND])).exitCode, 0);
    const tables = await lab.exec('router', ['nft', 'list', 'table', 'ip', 'labnet']);
    const outside = [...tables.stdout.matchAll(/\budp \. (\d+) [^:{},]*: 192\.168\.\d\.10 \. 5000/g)].map(
      ([, port]) => port,
    );
    t.is(outside.length, 2, tables.stdout);
    t.not(outside[0], outside[1]);
  });

/** A router has one set of them. */
const TIMEOUTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'carrier-grade': {
    udp: '2m',
    'udp-stream': '5m',
    'tcp-established': '124m',
    'tcp-transitory': '4m',
    icmp: '1m',
  },
};

test('two ways out for the same hosts, each with addresses of its own', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  const pool = { public: '198.51.100.20-198.51.100.21', pooling: 'arbitrary' as const };
  const lab = await Lab.up(
    {
      name: 'nat-two-ways',
      segments: { home: '192.168.1.0/24', internet: '203.0.113.0/24', uplink: '198.51.100.0/24' },
      hosts: {
        alice: { home: '192.168.1.10' },
        bob: { home: '192.168.1.11' },
        near: { internet: '203.0.113.10' },
        far: { uplink: '198.51.100.10' },
      },
      routers: {
        router: {
          interfaces: { home: '192.168.1.1', internet: '203.0.113.1', uplink: '198.51.100.1' },
          nat: [
            { masquerade: 'home', via: 'internet' },
            { masquerade: 'home', via: 'uplink', ...pool },
          ],
        },
      },
    },
    { stateDir: world.stateDir },
  );
  t.teardown(() => lab.close());
  for (const ports of ['preserve', 'random', 'sequential']) {
    await lab.setNat('router', [`ports=${ports}`]);
    const nats = await lab.probeNat();
    const traits = nats.flatMap((one) => one.traits);
    t.is(traits.filter(({ trait, observed }) => trait === 'hairpin' && observed[0] === 'yes').length, 2);
    t.deepEqual(
      traits.filter(({ status }) => status !== 'pass'),
      [],
      ports,
    );
  }
});
