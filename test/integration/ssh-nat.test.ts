/** NATs of machines that are reached over SSH: probed through them by agents, changed and flushed while they run. */
import test from 'ava';
import { guardMachine } from '../helpers/machine.js';
import { noSsh, withSsh } from '../helpers/ssh.js';
import { examplePath } from '../helpers/topologies.js';
import { unless } from '../helpers/unless.js';

guardMachine(test);
process.env['LABNET_SSH_WAIT'] = '10';

const run = unless(noSsh, test.serial);

type Probed = { nats: { traits: { trait: string; observed: string[]; status: string }[] }[] };

const NETWORK = '/usr/local/lib/labnet/network';

/** An nft(8) that refuses the next table that it is given. */
const FAILS_ONCE = `real=$(command -v nft); cp "$real" /run/nft; cat >/run/fails-once <<'END'
#!/bin/sh
[ "$1" = -f ] && rm /run/fails 2>/dev/null && echo 'no such table today' >&2 && exit 1
exec /run/nft "$@"
END
chmod +x /run/fails-once; : >/run/fails; mount --bind /run/fails-once "$real"`;

run('a NAT is probed, set, flushed, and stays as it was set', async (t) => {
  await withSsh(async (ssh) => {
    const up = await ssh.up(examplePath('hole-punching'));
    t.is(up.code, 0, up.stderr);
    const traits = async (): Promise<string[]> => {
      const printed = (await ssh.world.json('nat', 'probe', 'router-a', '--json')) as unknown as Probed;
      const found = printed.nats[0]?.traits ?? [];
      t.deepEqual(
        found.filter(({ status }) => status !== 'pass'),
        [],
      );
      return found.slice(0, 4).map(({ observed }) => observed.join());
    };
    const [all, port, address] = ['endpoint-independent', 'address-and-port-dependent', 'address-dependent'];
    t.deepEqual(await traits(), [all, port, all, port]);
    // Its own script must not be run again, and the router must not let go of an address: the ping would fail.
    await ssh.guests.must('alice', 'rm /var/lib/labnet/hash');
    const ping = ssh.guests.run('alice', 'ping -i 0.02 -c 150 -q 203.0.113.10');
    const changes = ['mapping=address-dependent', 'filtering=endpoint-independent'];
    const set = await ssh.world.run('nat', 'set', 'router-a', ...changes);
    t.is(set.code, 0, set.stderr);
    t.regex((await ping).stdout, /150 received, 0% packet loss/);
    t.not((await ssh.guests.run('alice', 'cat /var/lib/labnet/hash')).code, 0);
    t.deepEqual(await traits(), [address, all, address, all]);
    // As at a reboot.
    for (const word of ['down', 'up']) await ssh.guests.must('router-a', `sh ${NETWORK} ${word}`);
    t.deepEqual(await traits(), [address, all, address, all]);
    await ssh.guests.must('router-a', FAILS_ONCE);
    const refused = await ssh.world.run('nat', 'set', 'router-a', 'preset=full-cone');
    t.is(refused.code, 1);
    t.regex(refused.stderr, /guest-failed.*router-a.*no such table today/);
    await ssh.guests.must('router-a', `sh ${NETWORK} check`);
    t.deepEqual(await traits(), [address, all, address, all], 'as it was');
    const map = ['exec', 'router-a', '--', 'nft', 'list', 'map', 'ip', 'labnet', 'own1'];
    t.regex((await ssh.world.run(...map)).stdout, /elements = /);
    const flushed = await ssh.world.run('nat', 'flush', 'router-a');
    t.is(flushed.code, 0, flushed.stderr);
    t.notRegex((await ssh.world.run(...map)).stdout, /elements = /);
    const symmetric = await ssh.world.run('nat', 'set', 'router-a', 'preset=symmetric');
    t.is(symmetric.code, 0, symmetric.stderr);
    t.deepEqual(await traits(), [port, port, port, port]);
    const down = await ssh.world.run('down');
    t.is(down.code, 0, down.stderr);
    t.not((await ssh.guests.run('router-a', 'nft list table ip labnet')).code, 0);
  }, 'hole-punching');
});
