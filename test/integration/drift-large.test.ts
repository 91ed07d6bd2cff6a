/** One machine in the middle of a larger lab that is not as it was made: found among those that are, and mended. */
import test from 'ava';
import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PlannedChange } from '../../src/index.js';
import { texts } from '../helpers/changing.js';
import { USERS, World } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';

guardMachine(test);

/** Sixty machines, enough of them beside each other to know their neighbours beforehand. */
const TEXT = `name: larger
segments:
  core: 198.18.0.0/24
  site: { count: 6, subnet: 10.0.0.0/24 }
hosts:
  host: { count: 54, site: auto }
routers:
  border:
    count: 6
    interfaces: { site: auto, core: auto }
    nat: [{ static: host, public: 198.19.0.0/16, via: core }]
`;

/** What somebody does by hand, how it is said, and what is there again when it is mended. */
const PLANTS: readonly (readonly [machine: string, script: string, said: RegExp, look: string])[] = [
  ['host-31', 'ip route del default', /^added host-31: route to default/, 'ip route'],
  [
    'host-32',
    'ip address add 10.99.0.1/24 dev eth0',
    /^removed host-32: address 10.99.0.1/,
    'ip -br address',
  ],
  [
    'host-33',
    'ip link set eth0 down',
    /^changed host-33: interface eth0 .*down/m,
    'ip neigh show nud permanent',
  ],
  [
    'border-4',
    'sysctl -qw net.ipv4.ip_forward=0',
    /^changed border-4: net.ipv4.ip_forward/,
    'sysctl net.ipv4.ip_forward',
  ],
  [
    'border-4',
    'iptables -t nat -D PREROUTING -j LABNET-DNAT',
    /^changed border-4: NAT and/,
    'iptables -t nat -S',
  ],
];

for (const { who, as } of USERS)
  test(`one changed machine of sixty is found and mended, as ${as}`, async (t) => {
    t.timeout(400_000);
    const world = new World(who);
    t.teardown(() => world.end());
    const folder = temporaryFolder('larger');
    chmodSync(folder, 0o755);
    const file = join(folder, 'larger.yaml');
    writeFileSync(file, TEXT);
    const changes = async (...args: readonly string[]): Promise<readonly string[]> =>
      texts((await world.json(...args, '--json'))['changes'] as readonly PlannedChange[]);
    const sh = async (machine: string, script: string): Promise<string> => {
      const { code, stdout, stderr } = await world.run('exec', machine, '--', 'sh', '-c', script);
      t.is(code, 0, `${script}: ${stderr}`);
      return stdout;
    };
    await changes('up', file);
    for (const [machine, script, said, look] of PLANTS) {
      const before = await sh(machine, look);
      await sh(machine, script);
      const found = await changes('status', '--drift');
      t.regex(found.join('\n'), said, script);
      t.true(
        found.every((text) => text.includes(machine)),
        found.join('\n'),
      );
      t.deepEqual(await changes('up', file), found, script);
      t.is(sorted(await sh(machine, look)), sorted(before), script);
    }
    const record = written(join(world.stateDir, 'larger'));
    t.deepEqual(await changes('up', file), []);
    t.deepEqual(written(join(world.stateDir, 'larger')), record, 'nothing is written of what is as it was');
    t.is((await world.run('status', '--drift')).code, 0);
  });

const sorted = (text: string): string => text.split('\n').sort().join('\n');

/** Each file with its inode, which is another where it was written anew. */
const written = (folder: string): string[] =>
  readdirSync(folder).map((name) => `${name} ${statSync(join(folder, name)).ino}`);
