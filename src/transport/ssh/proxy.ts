/** Connections that go through a program, as ssh_config(5) has them: ProxyCommand, and ProxyJump by ssh's own -W. */
import { spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

export type Proxy = {
  /** As it is written. */
  readonly text: string;
  readonly argv: readonly [string, ...string[]];
};

export type Destination = {
  readonly machine: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
};

/** How ssh itself would do it, with the same configuration, and nobody asked for anything. */
export function jumpThrough(config: string, hops: string, { host, port }: Destination): Proxy {
  const all = hops.split(',');
  const [, login, name = '', at] = HOP.exec(all.at(-1) ?? '') ?? [];
  const argv = [
    ...['-F', config, '-o', 'BatchMode=yes'],
    ...(all.length > 1 ? ['-J', all.slice(0, -1).join(',')] : []),
    ...(login === undefined ? [] : ['-l', login]),
    ...(at === undefined ? [] : ['-p', at]),
    ...['-W', `[${host}]:${port}`, '--', name.replace(/^\[(.*)\]$/, '$1')],
  ];
  return { text: hops, argv: ['ssh', ...argv] };
}

const HOP = /^(?:(.*)@)?(\[.*\]|[^:]*)(?::(\d+))?$/;

export function commandThrough(command: string, { machine, host, port, user }: Destination): Proxy {
  const tokens: Readonly<Record<string, string>> = { '%': '%', h: host, n: machine, p: `${port}`, r: user };
  const line = command.replace(/%([%hnpr])/g, (_, token: string) => tokens[token] ?? '');
  return { text: command, argv: [process.env['SHELL'] ?? '/bin/sh', '-c', `exec ${line}`] };
}

export type OpenProxy = {
  readonly stream: Duplex;
  /** Ends the program, which may have the time to say why it ends by itself; what it has said. */
  readonly end: (patience?: number) => Promise<string>;
};

/** How long the end of what it says is waited for: what it leaves in the background may hold on to the pipe. */
const PIPE_WAIT = 200;
const SAID_LIMIT = 4_096;

export function openProxy({ argv: [program, ...rest] }: Proxy): OpenProxy {
  // In a session of its own there is no terminal to ask on, and all that it starts can be ended with it.
  const child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-SAID_LIMIT)));
  const stream = Duplex.from({ readable: child.stdout, writable: child.stdin }).on('error', () => undefined);
  const ended = new Promise<void>((resolve) => {
    child.once('close', resolve).once('error', (error) => {
      said += error.message;
      resolve();
    });
  });
  child.once('exit', () => {
    const letGo = (): void => [child.stdout, child.stderr, stream].forEach((one) => one.destroy());
    const timer = setTimeout(letGo, PIPE_WAIT);
    child.once('close', () => clearTimeout(timer));
  });
  return {
    stream,
    end: async (patience = 0) => {
      stream.end();
      if (patience > 0) await Promise.race([ended, sleep(patience, undefined, { ref: false })]);
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
        endGroup(child.pid);
      await ended;
      return reasonIn(said);
    },
  };
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGTERM');
  } catch {
    // It has just ended by itself.
  }
}

/** What ssh(1) says in any case when a connection ends early. */
const NOISE = /stdio forwarding failed|UNKNOWN port 65535|^Warning: |^kex_exchange_identification/;

function reasonIn(said: string): string {
  const lines = said.split(/\r?\n/).filter((line) => line.trim() !== '');
  return lines.filter((line) => !NOISE.test(line)).at(-1) ?? lines.at(-1) ?? '';
}

/** A connection that its proxy did not make. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';

  /** Whether it is not for time to change that. */
  get isFinal(): boolean {
    return /Permission denied|verification failed|not resolve|not found|ENOENT|prohibited/.test(this.message);
  }
}
