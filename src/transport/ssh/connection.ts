/** One connection to one machine, by node-ssh: programs run as root there, each in a channel of its own. */
import { Buffer } from 'node:buffer';
import type { NodeSSH } from 'node-ssh';
import type { ClientChannel } from 'ssh2';
import type { Output } from '../../core/command.js';
import { OUTPUT_LIMIT } from '../../core/command.js';
import type { AgentChannel } from '../agent-channel.js';
import { streamChannel } from '../agent-channel.js';
import { exitCodeOfSignal } from '../exit-code.js';
import { quoteAll } from './quote.js';
import type { SshTarget } from './target.js';
import { lost } from './trouble.js';

export type RunOptions = {
  readonly stdin?: string | undefined;
  /** Milliseconds, after which the channel is closed. */
  readonly timeout: number;
};

export class SshConnection {
  #isLost = false;

  constructor(
    readonly target: SshTarget,
    private readonly ssh: NodeSSH,
    /** Lets go of what the connection goes through. */
    private readonly release: () => void,
  ) {
    this.ssh.connection?.on('close', () => (this.#isLost = true)).on('error', () => (this.#isLost = true));
  }

  get machine(): string {
    return this.target.machine;
  }

  /** As root: sudo where the user is another, which must not ask for a password. */
  asRoot(argv: readonly string[]): readonly string[] {
    return this.target.user === 'root' ? argv : ['sudo', '-n', '--', ...argv];
  }

  /** @throws LabnetError ssh-lost where the connection ends before the program does */
  async run(argv: readonly string[], { stdin, timeout }: RunOptions): Promise<Output> {
    return this.#open(argv, (channel) => collect(channel, this.machine, stdin, timeout));
  }

  /** A program that is talked with. */
  async talk(argv: readonly string[]): Promise<AgentChannel> {
    return this.#open(argv, (channel) =>
      streamChannel({
        stdin: channel,
        stdout: channel,
        stderr: channel.stderr,
        close: () => {
          channel.close();
          return Promise.resolve();
        },
      }),
    );
  }

  close(): void {
    this.ssh.dispose();
    this.release();
  }

  /** @param use called at once: a program's end may be in what is read together with its beginning, and is told only then */
  #open<Used>(argv: readonly string[], use: (channel: ClientChannel) => Used | Promise<Used>): Promise<Used> {
    const client = this.ssh.connection;
    if (!client || this.#isLost) return Promise.reject(lost(this.machine));
    return new Promise((resolve, reject) => {
      const broke = (): void => reject(lost(this.machine));
      client.once('close', broke);
      client.exec(quoteAll(this.asRoot(argv)), (error, channel) => {
        client.off('close', broke);
        if (error) reject(this.#isLost ? lost(this.machine) : error);
        else resolve(use(channel));
      });
    });
  }
}

function collect(
  channel: ClientChannel,
  machine: string,
  stdin: string | undefined,
  timeout: number,
): Promise<Output> {
  const said = { stdout: gather(channel), stderr: gather(channel.stderr) };
  return new Promise((resolve, reject) => {
    let ended: { readonly exitCode: number } | undefined;
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      channel.close();
    }, timeout);
    channel.on('error', () => undefined);
    channel.on('exit', (code: number | null, signal?: string) => {
      // RFC 4254 section 6.10 has the names without SIG.
      ended = { exitCode: code ?? exitCodeOfSignal(`SIG${signal?.replace(/^SIG/, '') ?? ''}`) };
    });
    channel.on('close', () => {
      clearTimeout(timer);
      const output = { stdout: said.stdout(), stderr: said.stderr(), timedOut };
      if (ended) resolve({ ...ended, ...output });
      else if (timedOut) resolve({ exitCode: null, ...output });
      else reject(lost(machine));
    });
    channel.end(stdin ?? '');
  });
}

function gather(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let length = 0;
  stream.on('data', (chunk: Buffer) => {
    if (length < OUTPUT_LIMIT) chunks.push(chunk);
    length += chunk.length;
  });
  return () => Buffer.concat(chunks).toString('utf8');
}
