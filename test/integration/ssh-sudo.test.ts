/** Machines where labnet logs in as an ordinary user: the real sudo, over real OpenSSH servers. */
import test from 'ava';
import { changes } from '../helpers/guests.js';
import { guardMachine } from '../helpers/machine.js';
import type { SshLab } from '../helpers/ssh.js';
import { withSsh } from '../helpers/ssh.js';
import { allow, logInAsUser, noSudo, USER } from '../helpers/sudo.js';
import { examplePath } from '../helpers/topologies.js';
import { unless } from '../helpers/unless.js';

guardMachine(test);
process.env['LABNET_SSH_WAIT'] = '10';

const run = unless(noSudo, test.serial);
const WAN = examplePath('virtual-wan');
const FREE = `${USER} ALL=(ALL) NOPASSWD: ALL`;

async function withUser(work: (ssh: SshLab) => Promise<void>): Promise<void> {
  await withSsh(async (ssh) => {
    await logInAsUser(ssh);
    await work(ssh);
  });
}

run('sudo without a password: up, verify, exec and down, and nothing is left', async (t) => {
  await withUser(async (ssh) => {
    const { names } = ssh.guests;
    await Promise.all(names.map((name) => allow(ssh, name, FREE)));
    const states = () => Promise.all(names.map((name) => ssh.guests.state(name)));
    const before = await states();
    const up = await ssh.up(WAN);
    t.is(up.code, 0, up.stderr);
    t.is((await ssh.guests.run('router', 'test -e /var/lib/labnet/hash')).code, 0);
    t.regex((await ssh.world.run('verify')).stdout, /13 checks passed/);
    const odd = `a'b "c" $(id) \\`;
    const said = await ssh.world.run('exec', 'proxyA', '--', 'sh', '-c', 'id -un; printf %s "$1"', 'sh', odd);
    t.is(said.stdout, `root\n${odd}`, said.stderr);
    t.regex((await ssh.up(WAN)).stdout, /up already and the same/);
    const down = await ssh.world.run('down');
    t.is(down.code, 0, down.stderr);
    const after = await states();
    before.forEach((state, index) => t.deepEqual(changes(state, after[index] ?? ''), []));
  });
});

const REFUSED: readonly (readonly [string, string, RegExp])[] = [
  [
    'proxyA',
    `${USER} ALL=(ALL) ALL`,
    /a password is required\n {2}fix: write 'tester ALL=\(ALL\) NOPASSWD: ALL'/,
  ],
  ['peerA', '', /a password is required\n {2}fix: write 'tester .*NOPASSWD/],
  ['proxyB', `Defaults requiretty\n${FREE}`, /have a tty .*\n {2}fix: write 'Defaults:tester !requiretty'/],
  ['peerB', `Defaults !authenticate\n${USER} ALL=(ALL) /bin/true`, /Sorry, user tester is not allowed/],
];

run('what sudo does not let us do is told by machine, and the next up goes on from there', async (t) => {
  await withUser(async (ssh) => {
    for (const [machine, rule] of REFUSED) await allow(ssh, machine, rule);
    await allow(ssh, 'router', FREE);
    await ssh.stop('router');
    await ssh.start('router', { more: 'SetEnv PATH=/run/home' });
    const { code, stderr } = await ssh.up(WAN);
    t.is(code, 1);
    t.regex(stderr, /error\[guest-sudo\]: router has no sudo\n {2}fix: install it there/);
    for (const [machine, , said] of REFUSED)
      t.regex(
        stderr,
        new RegExp(`error\\[guest-sudo\\]: ${machine}: sudo does not let tester be root: .*${said.source}`),
      );
    await ssh.stop('router');
    await ssh.start('router');
    for (const [machine] of REFUSED) await allow(ssh, machine, FREE);
    const again = await ssh.up(WAN);
    t.is(again.code, 0, again.stderr);
    t.regex((await ssh.world.run('verify')).stdout, /13 checks passed/);
  });
});

run('rights that are taken away later are told by verify and down, too', async (t) => {
  await withUser(async (ssh) => {
    await Promise.all(ssh.guests.names.map((name) => allow(ssh, name, FREE)));
    const up = await ssh.up(WAN);
    t.is(up.code, 0, up.stderr);
    await allow(ssh, 'proxyA', '');
    const verified = await ssh.world.run('verify');
    t.is(verified.code, 1);
    t.regex(verified.stdout, /proxyA: capture: sudo: a password is required/);
    const exec = await ssh.world.run('exec', 'proxyA', 'id');
    t.is(exec.code, 1);
    t.regex(exec.stderr, /sudo: a password is required/);
    const down = await ssh.world.run('down');
    t.is(down.code, 1);
    t.regex(down.stderr, /error\[guest-sudo\]: proxyA/);
    await allow(ssh, 'proxyA', FREE);
    t.is((await ssh.world.run('down')).code, 0);
  });
});
