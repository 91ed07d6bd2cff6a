/** NAT of IPv6 in machines that are reached over SSH: the same verdicts, changed while it runs, and nothing left. */
import test from 'ava';
import { guardMachine } from '../helpers/machine.js';
import { noSsh, withSsh } from '../helpers/ssh.js';
import { examplePath } from '../helpers/topologies.js';
import { unless } from '../helpers/unless.js';

guardMachine(test);
process.env['LABNET_SSH_WAIT'] = '10';

const run = unless(noSsh, test.serial);

run('prefixes and addresses of IPv6 are translated, as they are on namespaces', async (t) => {
  await withSsh(async (ssh) => {
    const up = await ssh.up(examplePath('ipv6-nat'));
    t.is(up.code, 0, up.stderr);
    const verified = await ssh.world.run('verify');
    t.is(verified.code, 0, verified.stdout);
    const set = await ssh.world.run(
      'nat',
      'set',
      'gate',
      'mapping=address-dependent',
      'seed=5',
      'ports=random',
    );
    t.is(set.code, 0, set.stderr);
    const probed = await ssh.world.run('nat', 'probe', 'gate');
    t.is(probed.code, 0, probed.stdout);
    t.is((await ssh.world.run('nat', 'set', 'gate', 'preset=symmetric')).code, 0);
    t.is((await ssh.world.run('verify')).code, 0);
    t.is((await ssh.world.run('down')).code, 0);
    for (const router of ['edge', 'gate']) {
      const left = await ssh.guests.run(router, 'nft list tables; ip6tables-save -t mangle; ip6tables-save');
      t.notRegex(left.stdout, /LABNET|labnet/);
    }
  }, 'ipv6-nat');
});
