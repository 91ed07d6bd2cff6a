/** Labs on machines that are reached over SSH: real OpenSSH servers, and what goes wrong with them in real life. */
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { sshFiles } from '../../src/drivers/remote/files.js';
import { Fleet } from '../../src/drivers/remote/fleet.js';
import { World } from '../helpers/cli.js';
import { changes } from '../helpers/guests.js';
import { guardMachine } from '../helpers/machine.js';
import type { SshLab } from '../helpers/ssh.js';
import { noSsh, withSsh } from '../helpers/ssh.js';
import { examplePath } from '../helpers/topologies.js';
import { unless } from '../helpers/unless.js';

guardMachine(test);
process.env['LABNET_SSH_WAIT'] = '10';

/** One after the other: each is half a dozen computers. */
const run = unless(noSsh, test.serial);
const WAN = examplePath('virtual-wan');

async function isUp(t: ExecutionContext, ssh: SshLab): Promise<void> {
  const { code, stderr } = await ssh.up(WAN);
  t.is(code, 0, stderr);
}

type Verdicts = { verdicts: { id: string; kind: string; status: string; expectation: string }[] };

/** What is to be the same wherever a lab runs. */
const verdictsOf = (report: Record<string, unknown>) =>
  (report as Verdicts).verdicts.map(({ id, kind, status, expectation }) => ({
    id,
    kind,
    status,
    expectation,
  }));

for (const name of ['virtual-wan', 'dmz', 'router-chain']) {
  run(`${name}: the same verdicts as on namespaces, and nothing left behind`, async (t) => {
    const namespaces = new World();
    t.teardown(() => namespaces.end());
    await namespaces.run('up', examplePath(name));
    const expected = verdictsOf(await namespaces.json('verify', '--json'));
    await withSsh(async (ssh) => {
      const before = await Promise.all(ssh.guests.names.map((machine) => ssh.guests.state(machine)));
      const up = await ssh.up(examplePath(name));
      t.is(up.code, 0, up.stderr);
      t.deepEqual(verdictsOf(await ssh.world.json('verify', '--json')), expected);
      const again = await ssh.up(examplePath(name));
      t.regex(again.stdout, /up already and the same/, again.stderr);
      const down = await ssh.world.run('down');
      t.is(down.code, 0, down.stderr);
      const after = await Promise.all(ssh.guests.names.map((machine) => ssh.guests.state(machine)));
      before.forEach((state, index) => t.deepEqual(changes(state, after[index] ?? ''), []));
    }, name);
  });
}

run('exec, shell and status reach the machines', async (t) => {
  await withSsh(async (ssh) => {
    await isUp(t, ssh);
    const odd = `a'b "c" $(id) \`id\` ; | & * \\ \n#`;
    const echoed = await ssh.world.run('exec', 'proxyA', '--', 'printf', '%s', odd);
    t.is(echoed.stdout, odd);
    t.is((await ssh.world.run('exec', 'proxyA', '--', 'sh', '-c', 'exit 7')).code, 7);
    const named = await ssh.world.run('exec', 'proxyA', '--', 'getent', 'hosts', 'proxyB');
    t.regex(named.stdout, /^100\.100\.100\.200 /);
    const status = await ssh.world.run('status');
    t.regex(status.stdout, /\(ssh, .*virtual-wan\.yaml\)/);
    t.regex(status.stdout, /-A LABNET-DNAT -d 100\.100\.100\.100/);
    t.regex((await ssh.world.run('list')).stdout, /virtual-wan/);
  });
});

run('the end of a program is not missed where it comes together with its beginning', async (t) => {
  await withSsh(async (ssh) => {
    const files = { ...sshFiles(ssh.folder), config: ssh.config };
    const leave = ssh.visit();
    const fleet = new Fleet(files, { patience: 5_000 });
    const machine = await fleet.to('peerA');
    // While this process is busy all that the machine sends piles up.
    const busy = setInterval(() => {
      for (const end = performance.now() + 700; performance.now() < end;);
    }, 0);
    try {
      for (let times = 0; times < 2; times++)
        t.is((await machine.run(['sh', '-c', 'exit 9'], { timeout: 10_000 })).exitCode, 9);
    } finally {
      clearInterval(busy);
      await fleet.close();
      leave();
    }
  });
});

run('a machine that refuses connections is named; the others are set up, and up finishes it', async (t) => {
  await withSsh(async (ssh) => {
    await ssh.stop('peerB');
    const failed = await ssh.up(WAN);
    t.is(failed.code, 1);
    t.regex(failed.stderr, /error\[ssh-refused\]: peerB \(root@192\.168\.121\.14:22\) refuses connections/);
    t.regex(failed.stderr, /\n {2}fix: /);
    t.true((await ssh.guests.run('proxyA', 'test -e /var/lib/labnet/hash')).code === 0, 'the others are up');
    await ssh.start('peerB');
    const finished = await ssh.up(WAN);
    t.is(finished.code, 0, finished.stderr);
    t.regex((await ssh.world.run('verify')).stdout, /13 checks passed/);
  });
});

run('a machine that boots slowly is waited for', async (t) => {
  await withSsh(async (ssh) => {
    await ssh.stop('router');
    const up = ssh.up(WAN);
    await sleep(3_000);
    await ssh.start('router');
    const { code, stderr } = await up;
    t.is(code, 0, stderr);
  });
});

run('a wrong key, and a host key that has changed, are told apart', async (t) => {
  await withSsh(async (ssh) => {
    await isUp(t, ssh);
    await ssh.stop('proxyA');
    await ssh.start('proxyA', { hostKey: 'another' });
    const changed = await ssh.world.run('exec', 'proxyA', '--', 'id');
    t.not(changed.code, 0);
    t.notRegex(changed.stdout, /uid=/);
    const again = await ssh.up(WAN);
    t.is(again.code, 1);
    t.regex(again.stderr, /error\[ssh-host-key\]: proxyA .* shows another host key .*SHA256:/);
    t.notRegex(again.stderr, /error.*(router|peerA)/);
    await ssh.stop('proxyA');
    await ssh.start('proxyA');
    ssh.copyKey('host-router', 'wrong');
    ssh.writeConfig({ key: 'wrong' });
    const wrong = await ssh.up(WAN);
    t.is(wrong.code, 1);
    t.is(wrong.stderr.match(/error\[ssh-auth\]: /g)?.length, 5);
    ssh.writeConfig();
    await isUp(t, ssh);
  });
});

run('a connection that breaks halfway through a script: the next up completes it', async (t) => {
  await withSsh(async (ssh) => {
    const up = ssh.up(WAN);
    let isCut = false;
    for (let tries = 0; tries < 2_000 && !isCut; tries++) {
      isCut = (await ssh.guests.run('router', 'test -e /var/lib/labnet/lab')).code === 0;
      if (!isCut) await sleep(5);
    }
    ssh.cut('router');
    const { code, stderr } = await up;
    t.true(isCut);
    // It may have been done by then.
    if (code !== 0) t.regex(stderr, /error\[ssh-lost\]: the connection to router broke/);
    const again = await ssh.up(WAN);
    t.is(again.code, 0, again.stderr);
    t.regex((await ssh.world.run('verify')).stdout, /13 checks passed/);
  });
});

run('a full disk and a missing tool are named, with the machine', async (t) => {
  await withSsh(async (ssh) => {
    await ssh.guests.must('proxyB', 'mount -t tmpfs -o size=64k small /var/lib');
    await ssh.guests.must(
      'router',
      'for one in iptables-restore tcpdump; do mount --bind /dev/null "$(command -v $one)"; done',
    );
    const failed = await ssh.up(WAN);
    t.is(failed.code, 1);
    t.regex(failed.stderr, /error\[guest-disk-full\]: proxyB: /);
    t.regex(failed.stderr, /error\[guest-tool-missing\]: router: .*iptables tcpdump/);
    t.notRegex(failed.stderr, /error.*(peerA|peerB)/);
    const down = await ssh.world.run('down');
    t.is(down.code, 0, down.stderr);
  });
});

run('kill -9 of up at any moment: the next up completes, and down removes all', async (t) => {
  await withSsh(async (ssh) => {
    const before = await ssh.guests.state('router');
    for (const moment of [300, 600, 900, 1_200, 1_500, 2_000]) {
      const child = ssh.world.start('up', WAN, '--driver', 'ssh', '--ssh-config', ssh.config);
      await sleep(moment);
      child.kill('SIGKILL');
      // What runs in a machine at that moment goes on to its end.
      await sleep(200);
    }
    const up = await ssh.up(WAN);
    t.is(up.code, 0, up.stderr);
    t.is((await ssh.world.run('down')).code, 0);
    t.deepEqual(changes(before, await ssh.guests.state('router')), []);
    t.false(existsSync(`${ssh.world.stateDir}/virtual-wan`));
  });
});

run('a lab with a machine that is gone for good can be forgotten', async (t) => {
  await withSsh(async (ssh) => {
    await isUp(t, ssh);
    await ssh.stop('peerA');
    const down = await ssh.world.run('down');
    t.is(down.code, 1);
    t.regex(down.stderr, /error\[ssh-refused\]: peerA/);
    t.regex((await ssh.world.run('list')).stdout, /virtual-wan/);
    t.is((await ssh.world.run('down', '--forget')).code, 0);
    t.regex((await ssh.world.run('list')).stdout, /no lab is running/);
  });
});

test('the ssh driver without a configuration says what it needs', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  const { code, stderr } = await world.run('up', WAN, '--driver', 'ssh');
  t.is(code, 2);
  t.regex(stderr, /error\[ssh-config\].*\n {2}fix: --ssh-config FILE/);
  t.regex((await world.run('list')).stdout, /no lab is running/);
});
