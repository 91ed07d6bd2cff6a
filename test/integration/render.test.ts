/** The script that `labnet render` writes makes the same lab as the engine does by netlink. */
import test from 'ava';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Lab } from '../../src/index.js';
import { toolPath } from '../../src/sys/tools.js';
import { isRoot, World } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';
import { examplePath } from '../helpers/topologies.js';

guardMachine(test);

const run = promisify(execFile);
const SEPARATOR = '=====';

/** What a machine is made of, as the tools show it. */
const OBSERVE = [
  'ip -j link show | sed "s/\\"link_netnsid\\":[0-9]*,\\?//g; s/\\"ifindex\\":[0-9]*,//g; s/\\"link_index\\":[0-9]*,//g"',
  'ip -br -4 address',
  'ip -br -6 address show scope global',
  'ip -4 route',
  'ip -6 route show proto static',
  'ip neighbour show nud permanent',
  'iptables-save | grep -v "^#" | sed "s/\\[[0-9:]*\\]//"',
  'nft -s list table ip labnet 2>/dev/null',
  'sysctl net.ipv4.ip_forward net.ipv4.conf.all.rp_filter net.ipv4.conf.all.send_redirects net.ipv6.conf.all.forwarding net.ipv6.conf.default.disable_ipv6',
].join('; ');

/** Fields that say how an end was made rather than what it is. */
const normal = (text: string): string =>
  text
    .replace(
      /"(operstate|link|link_pointopoint|flags|qdisc|num_tx_queues|num_rx_queues|txqlen|group|linkmode)":("[^"]*"|\[[^\]]*\]|\d+|null),?/g,
      '',
    )
    .replace(/@if\d+ +/g, ' ')
    // The loopback is there whether or not it is listed with an address.
    .replace(/^lo .*\n/gm, '');

for (const name of ['virtual-wan', 'dmz', 'router-chain', 'three-isps']) {
  test(`${name}: script and engine make the same machines`, async (t) => {
    const world = new World();
    t.teardown(() => world.end());
    const folder = temporaryFolder('render');
    t.is((await world.run('render', examplePath(name), '--out', folder)).code, 0);
    const lab = await Lab.up(examplePath(name), { stateDir: world.stateDir });
    t.teardown(() => lab.down());
    const machines = lab.model.machines.map((machine) => machine.name);
    const script = machines
      .map(
        (machine) =>
          `echo ${SEPARATOR}; ip netns exec ${machine} sh -c '${OBSERVE.replaceAll("'", `'\\''`)}'`,
      )
      .join('\n');
    const user = isRoot ? [] : ['--user', '--map-root-user'];
    const made = await run(
      'unshare',
      [...user, '--net', '--mount', '--', 'sh', join(folder, 'lab.sh'), 'sh', '-c', script],
      { env: { ...process.env, PATH: toolPath() } },
    );
    const observed = made.stdout.split(`${SEPARATOR}\n`).slice(1);
    for (const [index, machine] of machines.entries()) {
      const { stdout, stderr } = await lab.exec(machine, ['sh', '-c', OBSERVE]);
      t.is(stderr, '');
      t.is(normal(observed[index] ?? ''), normal(stdout), machine);
      t.true(stdout.length > 200);
    }
  });
}
