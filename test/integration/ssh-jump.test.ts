/** Machines that are reached through others, as ssh_config(5) has it: real OpenSSH servers that only those reach. */
import test from 'ava';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { finished } from '../helpers/cli.js';
import { guardMachine } from '../helpers/machine.js';
import type { SshLab } from '../helpers/ssh.js';
import { noSsh, withSsh } from '../helpers/ssh.js';
import { examplePath } from '../helpers/topologies.js';
import { unless } from '../helpers/unless.js';

guardMachine(test);
process.env['LABNET_SSH_WAIT'] = '20';

const run = unless(noSsh, test.serial);
const WAN = examplePath('virtual-wan');

/** The programs through which connections go. */
const proxiesOf = ({ world }: SshLab): string =>
  spawnSync('pgrep', ['-af', `^ssh -F ${world.stateDir}`], { encoding: 'utf8' }).stdout;

/** Only the router is reached directly; the ways to the others are all that ssh knows. */
async function withJumps(work: (ssh: SshLab, known: string) => Promise<void>): Promise<void> {
  await withSsh(async (ssh) => {
    const known = join(ssh.folder, 'known');
    const ways: Readonly<Record<string, string>> = {
      proxyA: 'ProxyJump router',
      peerA: 'ProxyJump root@router:22',
      proxyB: 'ProxyJump router,peerA',
      peerB: `ProxyCommand ssh -F ${ssh.config} -W %h:%p router`,
    };
    ssh.writeConfig({ more: (name) => `  UserKnownHostsFile ${known}\n  ${ways[name] ?? ''}` });
    for (const name of Object.keys(ways)) await ssh.hide(name);
    const line = (name: string): string => `${ssh.address(name)} ${ssh.read(`host-${name}.pub`)}`;
    writeFileSync(known, ['router', 'peerA'].map(line).join(''));
    await work(ssh, known);
    if (proxiesOf(ssh) !== '') throw new Error(`still there: ${proxiesOf(ssh)}`);
  });
}

run('machines behind others: by ProxyJump, over two of them, and by ProxyCommand', async (t) => {
  await withJumps(async (ssh) => {
    const up = await ssh.up(WAN);
    t.is(up.code, 0, up.stderr);
    t.regex((await ssh.world.run('verify')).stdout, /13 checks passed/);
    for (const name of ssh.guests.names)
      t.is((await ssh.world.run('exec', name, '--', 'printf', '%s', name)).stdout, name);
    const down = await ssh.world.run('down');
    t.is(down.code, 0, down.stderr);
  });
});

run('what goes wrong on the way there is told, and what may pass is waited for', async (t) => {
  await withJumps(async (ssh, known) => {
    await ssh.stop('proxyA');
    const child = ssh.world.start('up', WAN, '--driver', 'ssh', '--ssh-config', ssh.config);
    const up = finished(child);
    child.stderr?.once('data', () => void ssh.start('proxyA'));
    const { code, stderr } = await up;
    t.is(code, 0, stderr);
    t.regex(stderr, /^proxyA: waiting for SSH: channel 0: open failed: connect failed: Connection refused$/m);
    await ssh.stop('proxyA');
    await ssh.start('proxyA', { hostKey: 'another' });
    t.regex((await ssh.up(WAN)).stderr, /error\[ssh-host-key\]: proxyA .* shows another host key/);
    writeFileSync(known, '');
    const unknown = await ssh.up(WAN);
    t.notRegex(unknown.stderr, /waiting for SSH/, 'to wait would not help');
    t.is(unknown.code, 1);
    t.regex(
      unknown.stderr,
      /error\[ssh-unreachable\]: proxyA .* through 'router': Host key verification failed\.\n {2}fix: make sure that 'ssh -F FILE proxyA' works/,
    );
    t.is(unknown.stderr.match(/Host key verification failed/g)?.length, 4, unknown.stderr);
  });
});

run('kill -9 of up takes the ways through others along', async (t) => {
  await withJumps(async (ssh) => {
    const child = ssh.world.start('up', WAN, '--driver', 'ssh', '--ssh-config', ssh.config);
    for (let tries = 0; tries < 500 && proxiesOf(ssh) === ''; tries++) await sleep(20);
    t.not(proxiesOf(ssh), '');
    child.kill('SIGKILL');
    for (let tries = 0; tries < 250 && proxiesOf(ssh) !== ''; tries++) await sleep(20);
    t.is(proxiesOf(ssh), '');
    const { code, stderr } = await ssh.up(WAN);
    t.is(code, 0, stderr);
  });
});
