/**
 * A host for real machines: libvirt, QEMU and Vagrant in namespaces of their own, so that no bridge, address, rule,
 * file or process of theirs is the machine's. Everything in it ends with one process, and that ends with this one:
 * its input is a pipe from here, and the kernel kills it with its parent (PR_SET_PDEATHSIG).
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { findTool, toolPath } from '../../src/sys/tools.js';
import type { Result } from '../helpers/cli.js';
import { finished, isRoot } from '../helpers/cli.js';
import { pathTo } from '../helpers/topologies.js';
import type { Manager } from './managers.js';

const TOOLS = [
  'vagrant',
  'libvirtd',
  'virtlogd',
  'virsh',
  'qemu-system-x86_64',
  'qemu-img',
  'dnsmasq',
  'mmdebstrap',
];

/** Fetching and unpacking a Debian, where the box is not in the cache yet. */
const BOX_TIMEOUT = 600_000;
const RUN_TIMEOUT = 1_200_000;
const START_TIMEOUT = 60_000;
const STOP_TIMEOUT = 30_000;

export type RunOptions = {
  /** '/' where it is left out. */
  readonly cwd?: string;
  /** Beside VmHost.env, and before it. */
  readonly env?: NodeJS.ProcessEnv;
  /** Milliseconds until the program and its children are killed; twenty minutes where it is left out. */
  readonly timeout?: number;
};

export type RunResult = Result & { readonly timedOut: boolean };

/** Ruby's names, for `vagrant.libvirt` of a topology or `l.NAME = VALUE` in a Vagrantfile. */
export type ProviderSettings = Readonly<Record<string, string | number>>;

export class VmHost {
  /** The box that is there, without being added: `config.vm.box`. */
  static readonly box = 'labnet-test';

  readonly #holder: ChildProcess;
  readonly #ended: Promise<unknown>;

  private constructor(
    holder: ChildProcess,
    /** What box.sh printed. */
    readonly folder: string,
  ) {
    this.#holder = holder;
    this.#ended = new Promise((resolve) => holder.once('close', resolve));
  }

  /** Why there can be none on this computer; undefined where there can. provisioners/host/vm.sh installs what is missing. */
  static whyNot(): string | undefined {
    if (!isRoot) return 'libvirt in namespaces of its own needs root';
    const missing = TOOLS.filter((tool) => findTool(tool) === undefined);
    return missing.length === 0
      ? undefined
      : `${missing.join(', ')} missing: sh provisioners/host/vm.sh installs them`;
  }

  /** Builds the box where it is not there yet, and starts libvirt's daemons. */
  static async start(): Promise<VmHost> {
    const folder = await buildBox();
    const holder = spawn(
      'setpriv',
      [
        ...['--pdeathsig', 'KILL', 'unshare', '--mount', '--net', '--pid', '--ipc', '--fork', '--kill-child'],
        ...['--mount-proc', 'sh', pathTo('test/vm/host.sh'), folder],
      ],
      { env: { ...process.env, PATH: toolPath() }, stdio: ['pipe', 'pipe', 'pipe'], detached: true },
    );
    const host = new VmHost(holder, folder);
    try {
      await ready(holder);
    } catch (error) {
      await host.stop();
      throw error;
    }
    return host;
  }

  /** The process that everything ends with; killing it is what a crash looks like. */
  get pid(): number {
    if (this.#holder.pid === undefined) throw new Error('the test host did not start');
    return this.#holder.pid;
  }

  /** For every program in here; the home folder is in memory, and only there from inside. */
  get env(): NodeJS.ProcessEnv {
    const home = join(this.folder, 'host', 'home');
    const inherited = Object.entries(process.env).filter(
      ([name]) => !/^(XDG_|VAGRANT_|NODE_V8_|FORCE_)/.test(name),
    );
    return {
      ...Object.fromEntries(inherited),
      HOME: home,
      PATH: toolPath(),
      LC_ALL: 'C.UTF-8',
      NO_COLOR: '1',
      VAGRANT_HOME: join(home, '.vagrant.d'),
      VAGRANT_DEFAULT_PROVIDER: 'libvirt',
      VAGRANT_CHECKPOINT_DISABLE: '1',
      LIBVIRT_DEFAULT_URI: 'qemu:///system',
    };
  }

  /** What boots the box under emulation: its kernel, for it has no boot loader, and the processor that is quickest. */
  settings(manager: Manager): ProviderSettings {
    const init = `init=/managed-by/${manager}/init`;
    return {
      driver: 'qemu',
      emulator_path: join(this.folder, 'host', 'qemu'),
      kernel: join(this.folder, 'vmlinuz'),
      initrd: join(this.folder, 'initrd'),
      cmd_line: `root=/dev/vda rw net.ifnames=0 mitigations=off console=ttyS0 quiet ${init}`,
      cpu_mode: 'custom',
      cpu_model: 'qemu64',
      memory: 256,
      cpus: 1,
      graphics_type: 'none',
    };
  }

  /** The command line that enters, to put before another one. The environment has to be `env`. */
  enter(cwd = '/'): readonly [string, ...string[]] {
    const of = `/proc/${this.pid}/ns`;
    const namespaces = ['mnt', 'net', 'ipc'].map(
      (name) => `--${name === 'mnt' ? 'mount' : name}=${of}/${name}`,
    );
    const enter = ['nsenter', ...namespaces, `--pid=${of}/pid_for_children`];
    return ['setpriv', '--pdeathsig', 'KILL', ...enter, 'env', '-C', cwd];
  }

  /** A program in here that goes on; its process group is its own, and `killAll` ends all of it. */
  start(argv: readonly string[], { cwd, env = {} }: RunOptions = {}): ChildProcess {
    const [program, ...rest] = this.enter(cwd);
    const options = { env: { ...this.env, ...env }, detached: true };
    return spawn(program, [...rest, ...argv], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** A program in here, from beginning to end. Its exit code is not judged; 124 where it took too long. */
  async run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const child = this.start(argv, options);
    const limit = new AbortController();
    const timer = setTimeout(() => {
      limit.abort();
      killAll(child);
    }, options.timeout ?? RUN_TIMEOUT);
    try {
      const result = await finished(child);
      const timedOut = limit.signal.aborted;
      return { ...result, code: timedOut ? 124 : result.code, timedOut };
    } finally {
      clearTimeout(timer);
    }
  }

  /** Machines and networks that libvirt knows, running or not. */
  async inventory(): Promise<{ readonly domains: readonly string[]; readonly networks: readonly string[] }> {
    const [domains, networks] = await Promise.all([
      this.run(['virsh', 'list', '--all', '--name'], { timeout: 30_000 }),
      this.run(['virsh', 'net-list', '--all', '--name'], { timeout: 30_000 }),
    ]);
    return { domains: names(domains.stdout), networks: names(networks.stdout) };
  }

  /** Ends every machine, both daemons and the namespaces: the kernel does it, when the first process in there is gone. */
  async stop(): Promise<void> {
    this.#holder.stdin?.end();
    const hard = setTimeout(() => this.#holder.kill('SIGKILL'), STOP_TIMEOUT);
    await this.#ended;
    clearTimeout(hard);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** Kills a program of VmHost.start with all its children, in the middle of whatever they do. */
export function killAll({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

async function buildBox(): Promise<string> {
  const child = spawn('sh', [pathTo('test/vm/box.sh')], {
    env: { ...process.env, PATH: toolPath() },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const timer = setTimeout(() => killAll(child), BOX_TIMEOUT);
  const { code, stdout, stderr } = await finished(child);
  clearTimeout(timer);
  if (code !== 0) throw new Error(`the box was not built: ${stderr}`);
  return stdout.trim();
}

/** Resolves when the host says so; rejects with what it said where it ends or is silent. */
async function ready(holder: ChildProcess): Promise<void> {
  let errors = '';
  holder.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text));
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string): void => reject(new Error(`the test host ${why}: ${errors}`));
      timer = setTimeout(() => fail('was not ready in time'), START_TIMEOUT);
      holder.once('error', ({ message }) => fail(message));
      holder.once('close', () => fail('ended'));
      holder.stdout?.setEncoding('utf8').on('data', (text: string) => {
        if (text.includes('ready')) resolve();
      });
    });
  } finally {
    clearTimeout(timer);
  }
}

const names = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .sort();
