/** A running lab over SSH that is made another one in place, change by change, on the same machines. */
import test from 'ava';
import { guardMachine } from '../helpers/machine.js';
import type { Topology } from '../helpers/changing.js';
import { nested, texts } from '../helpers/changing.js';
import { changes } from '../helpers/guests.js';
import { noSsh } from '../helpers/ssh.js';
import { SshChanging } from '../helpers/ssh-changing.js';
import { unless } from '../helpers/unless.js';

guardMachine(test);
process.env['LABNET_SSH_WAIT'] = '10';

const run = unless(noSsh);
const LONG = 400_000;

type Step = readonly [what: string, change: (topology: Topology) => void, planned: readonly RegExp[]];

/** What is written instead, one after the other; and what has to be among what is planned. */
const STEPS: readonly Step[] = [
  [
    'a host more',
    (it) => (nested(it, 'hosts')['dave'] = { home: 'auto' }),
    [
      /added dave: address 192.168.1.2\/24 on home/,
      /added dave: route to default via 192.168.1.1 on home/,
      /changed alice: names in/,
    ],
  ],
  [
    'a host less, and another with its address',
    (it) => {
      delete nested(it, 'hosts')['bob'];
      nested(it, 'hosts')['dave'] = { home: '192.168.1.11' };
    },
    [
      /removed bob: network of the lab/,
      /added dave: address 192.168.1.11\/24 on home/,
      /removed dave: address 192.168.1.2\/24 on home/,
    ],
  ],
  [
    'a segment more, with a leg of a router and a host',
    (it) => {
      nested(it, 'segments')['lab'] = '10.2.0.0/24';
      nested(it, 'routers', 'edge', 'interfaces')['lab'] = '10.2.0.1';
      nested(it, 'hosts')['erin'] = { lab: 'auto' };
    },
    [/added edge: address 10.2.0.1\/24 on lab/, /removed dave: network of the lab/, /added bob: address/],
  ],
  [
    'another subnet, another NAT, and a static route',
    (it) => {
      nested(it, 'segments')['office'] = '10.9.0.0/24';
      nested(it, 'hosts')['carol'] = { office: '10.9.0.10' };
      nested(it, 'routers', 'edge', 'interfaces')['office'] = '10.9.0.1';
      nested(it, 'routers', 'gate')['nat'] = [{ masquerade: 'home', via: 'internet', preset: 'symmetric' }];
      nested(it, 'routers', 'gate')['routes'] = [{ to: '198.51.100.0/24', via: '203.0.113.2' }];
    },
    [
      /changed carol: route to default via 10.9.0.1 on office/,
      /removed edge: address 10.2.0.1\/24 on lab/,
      /changed gate: NAT and filter rules/,
      /added gate: route to 198.51.100.0\/24 via 203.0.113.2 on internet/,
    ],
  ],
  ['no NAT', (it) => delete nested(it, 'routers', 'edge')['nat'], [/changed edge: NAT and filter rules/]],
  ['what it was at first', () => undefined, [/changed edge: NAT and filter rules/]],
];

/** It takes its time. */
const PROVEN = [1, 3, 5].map((index) => STEPS[index]?.[0]);

run('each change is planned, made, proven, and leaves nothing of what was before', async (t) => {
  t.timeout(LONG);
  const lab = await SshChanging.make();
  t.teardown(() => lab.ssh.end());
  const { world } = lab.ssh;
  await lab.up();
  const first = await lab.ssh.guests.state('edge');
  for (const [what, change, planned] of STEPS) {
    lab.write(change);
    const expected = await lab.plan();
    for (const one of planned) t.regex(texts(expected).join('\n'), one, what);
    t.true(
      expected.every(({ reason }) => reason === 'file'),
      `${what}: ${texts(expected.filter(({ reason }) => reason === 'hand')).join('\n')}`,
    );
    t.deepEqual(texts(await lab.up()), texts(expected), what);
    t.deepEqual(await lab.plan(), [], what);
    if (PROVEN.includes(what)) {
      const verified = await world.run('verify');
      t.is(verified.code, 0, `${what}: ${verified.stdout}`);
    }
    for (const name of ['dave', 'erin'])
      if (!texts(expected).includes(`added ${name}: network of the lab`) && what !== STEPS[1]?.[0])
        t.deepEqual(await lab.left(name), [], `${what}: ${name}`);
  }
  // Whatever it went through, a machine is what it would be of the file alone.
  t.deepEqual(changes(first, await lab.ssh.guests.state('edge')), []);
  const down = await world.run('down');
  t.is(down.code, 0, down.stderr);
  for (const name of lab.ssh.guests.names) t.deepEqual(await lab.left(name), [], name);
});
