/** An ordinary user in machines that are reached over SSH, with the real sudo: in files of the machine's own. */
import { spawnSync } from 'node:child_process';
import { isRoot } from './cli.js';
import type { SshLab } from './ssh.js';
import { noSsh } from './ssh.js';
import { pathTo } from './topologies.js';

const found = isRoot
  ? spawnSync('sh', [pathTo('test/helpers/sudo.sh')], { encoding: 'utf8', timeout: 120_000 })
  : undefined;

/** Why there can be none here; empty where there can. */
export const noSudo =
  noSsh !== ''
    ? noSsh
    : found?.status === 0
      ? ''
      : `no sudo: ${found?.stderr.trim().split('\n').at(-1) ?? ''}`;

export const USER = 'tester';
/** What Debian 12 and newer have, and Ubuntu. */
const DEFAULTS =
  'Defaults env_reset\nDefaults mail_badpass\nDefaults use_pty\nDefaults secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"\nroot ALL=(ALL:ALL) ALL';

/** Where sudo is not installed, it comes as it is in its package; the machine's /usr/local is its own (guests.ts). */
const prepare = (sudo: string): string => `set -e
mkdir -p /run/home /etc/pam.d
chown 54329:54329 /run/home
echo '${USER}:x:54329:54329::/run/home:/bin/sh' >>/etc/passwd
echo '${USER}:x:54329:' >>/etc/group
echo '${USER}:*:19000:0:99999:7:::' >>/etc/shadow
chmod 600 /etc/shadow
for kind in auth account session password; do echo "$kind required pam_unix.so"; done >/etc/pam.d/sudo
cp /etc/pam.d/sudo /etc/pam.d/other
if root=${sudo.replace(/\/usr\/bin\/sudo$/, '')} && [ -n "$root" ]; then
  mount -t tmpfs guest /usr/libexec
  cp -r "$root/usr/libexec/sudo" /usr/libexec
  mkdir -p /usr/local/bin
  install -m 4755 "$root/usr/bin/sudo" /usr/local/bin
fi`;

/** Makes a user on each machine, by which labnet is to go there; it may nothing yet. */
export async function logInAsUser(ssh: SshLab): Promise<void> {
  const script = prepare(found?.stdout.trim() ?? '');
  await Promise.all(ssh.guests.names.map((name) => ssh.guests.must(name, script)));
  await Promise.all(ssh.guests.names.map((name) => allow(ssh, name, '')));
  ssh.writeConfig({ user: USER });
}

/** @param rule lines of sudoers(5) */
export async function allow({ guests }: SshLab, machine: string, rule: string): Promise<void> {
  const write =
    'umask 077; cat >/etc/sudoers.new && chmod 440 /etc/sudoers.new && mv /etc/sudoers.new /etc/sudoers';
  await guests.must(machine, write, `${DEFAULTS}\n${rule}\n`);
}
