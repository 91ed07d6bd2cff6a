/** Machines that run already and are reached over SSH: namespaces with a real OpenSSH server each, and labnet beside them. */
import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, copyFileSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../../src/model/lab.js';
import { CLONE, enter, setns } from '../../src/sys/namespaces.js';
import { toolEnv } from '../../src/sys/tools.js';
import { World } from './cli.js';
import { temporaryFolder } from './folder.js';
import { Guests, noGuests } from './guests.js';
import { example, pathTo } from './topologies.js';

const unguested = noGuests();
const found =
  unguested === ''
    ? spawnSync('sh', [pathTo('test/helpers/sshd.sh')], { encoding: 'utf8', timeout: 120_000 })
    : undefined;

/** Why there can be none here; empty where there can. */
export const noSsh =
  found === undefined || found.status === 0
    ? unguested
    : `no sshd: ${found.stderr.trim().split('\n').at(-1) ?? ''}`;

const SSHD = found?.stdout.trim() ?? '';

/**
 * What sshd needs in a machine; the keys that it lets in come by stdin. Root's home is empty: this computer's own may have
 * a .bashrc that takes longer than what is tested.
 */
const PREPARE = `mkdir -p /run/sshd && cat >/run/sshd/keys
grep -q ^sshd: /etc/passwd || echo 'sshd:x:65533:65534::/run/sshd:/bin/false' >>/etc/passwd
[ -e /etc/shadow ] || echo 'root:*:19000:0:99999:7:::' >/etc/shadow
sed -i 's|^\\(root:[^:]*:0:0:[^:]*\\):[^:]*:|\\1:/run/sshd:|' /etc/passwd`;

export type SshConfig = {
  readonly key?: string;
  readonly user?: string;
  /** Further lines for a machine. */
  readonly more?: (machine: string) => string;
};

/** A session may have ended by itself since it was seen. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

export class SshLab {
  readonly folder = temporaryFolder('ssh');
  readonly config = join(this.folder, 'config');
  readonly world: World;
  readonly #servers = new Map<string, ChildProcess>();
  readonly #logs = new Map<string, string>();

  private constructor(readonly guests: Guests) {
    this.world = new World('self', ['nsenter', '-t', `${guests.host}`, '--net', '--']);
    this.#key('user');
    this.writeConfig();
  }

  static async of(lab: Lab): Promise<SshLab> {
    const ssh = new SshLab(await Guests.of(lab));
    await Promise.all(ssh.guests.names.map((name) => ssh.start(name)));
    return ssh;
  }

  writeConfig({ key = 'user', user = 'root', more }: SshConfig = {}): void {
    const blocks = this.guests.names.map(
      (name) =>
        `Host ${name}\n  HostName ${this.address(name)}\n  User ${user}\n  IdentitiesOnly yes\n  IdentityFile ${join(this.folder, key)}\n${more?.(name) ?? ''}\n`,
    );
    writeFileSync(this.config, blocks.join('\n'));
  }

  /** Of its management interface: see guests.ts. */
  address(machine: string): string {
    return `192.168.121.${this.guests.names.indexOf(machine) + 10}`;
  }

  /**
   * @param hostKey another name makes another key
   * @param more lines of sshd_config(5)
   */
  async start(machine: string, { hostKey = `host-${machine}`, more = '' } = {}): Promise<void> {
    this.#key(hostKey);
    const config = join(this.folder, `sshd-${machine}`);
    writeFileSync(
      config,
      [
        `ListenAddress ${this.address(machine)}`,
        `HostKey ${join(this.folder, hostKey)}`,
        'AuthorizedKeysFile /run/sshd/keys',
        'StrictModes no',
        'PermitRootLogin yes',
        'PasswordAuthentication no',
        'UsePAM no',
        'PidFile none',
        'LogLevel VERBOSE',
        `${more}\n`,
      ].join('\n'),
    );
    await this.guests.must(machine, PREPARE, this.read('user.pub'));
    const sshd = [...this.guests.enter(machine), SSHD, '-D', '-e', '-f', config];
    const server = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...sshd], {
      env: toolEnv(),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#servers.set(machine, server);
    server.stderr.on('data', (text: Buffer) =>
      this.#logs.set(machine, `${this.log(machine)}${text.toString()}`),
    );
    await Promise.race([once(server.stderr, 'data'), once(server, 'close'), sleep(5_000)]);
  }

  /** What a machine's server has said so far: connections, and sessions in them. */
  log(machine: string): string {
    return this.#logs.get(machine) ?? '';
  }

  async stop(machine: string): Promise<void> {
    const server = this.#servers.get(machine);
    this.#servers.delete(machine);
    if (server?.exitCode !== null) return;
    const closed = once(server, 'close');
    server.kill('SIGTERM');
    await closed;
  }

  /** Ends the connections to a machine as a cable would that is pulled out for a moment: its sessions die. */
  cut(machine: string): void {
    const server = this.#servers.get(machine);
    const children = (pid: number): number[] => {
      const { stdout } = spawnSync('ps', ['-o', 'pid=', '--ppid', `${pid}`], { encoding: 'utf8' });
      return stdout.split('\n').filter(Boolean).map(Number);
    };
    for (const child of children(server?.pid ?? 0)) killIfThere(child);
  }

  /** Only the other machines reach it from now on. */
  hide(machine: string): Promise<string> {
    return this.guests.must('', `ip route add unreachable ${this.address(machine)}`);
  }

  /** Takes this process to where the machines can be reached; what is returned takes it back. */
  visit(): () => void {
    const home = openSync('/proc/self/ns/net', 'r');
    enter(`/proc/${this.guests.host}/ns/net`, CLONE.NEWNET);
    return () => {
      setns(home, CLONE.NEWNET);
      closeSync(home);
    };
  }

  up(path: string, ...more: readonly string[]) {
    return this.world.run('up', path, '--driver', 'ssh', '--ssh-config', this.config, ...more);
  }

  async end(): Promise<void> {
    await this.world.end();
    await Promise.all(this.guests.names.map((name) => this.stop(name)));
    await this.guests.end();
  }

  copyKey(from: string, to: string): void {
    copyFileSync(join(this.folder, from), join(this.folder, to));
  }

  read(file: string): string {
    return readFileSync(join(this.folder, file), 'utf8');
  }

  #key(name: string): void {
    const path = join(this.folder, name);
    execFileSync('sh', ['-c', '[ -e "$1" ] || ssh-keygen -q -t ed25519 -N "" -f "$1"', 'sh', path]);
  }
}

/** On the machines of an example, which are gone afterwards. */
export async function withSsh(work: (ssh: SshLab) => Promise<void>, name = 'virtual-wan'): Promise<void> {
  const ssh = await SshLab.of(example(name));
  try {
    await work(ssh);
  } finally {
    await ssh.end();
  }
}
