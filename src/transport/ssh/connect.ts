/** Connects to a machine, which may be still booting: waits with back-off, says so, and gives up in time. */
import type { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AuthHandlerMiddleware, AuthenticationType } from 'ssh2';
import { failure, messageOf } from '../../core/errors.js';
import { monotonic } from '../../core/monotonic.js';
import { SshConnection } from './connection.js';
import type { HostKeys } from './host-keys.js';
import { fingerprint } from './host-keys.js';
import { openProxy, ProxyError } from './proxy.js';
import type { SshTarget } from './target.js';
import { connectTrouble, mayPass } from './trouble.js';

export type ConnectOptions = {
  readonly hostKeys: HostKeys;
  /** For how long a machine that does not answer yet is tried again; milliseconds. */
  readonly patience: number;
  /** Told when a machine keeps us waiting. */
  readonly waiting?: (machine: string, why: string) => void;
  readonly signal?: AbortSignal | undefined;
};

const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 5_000;
/** For one handshake: an emulated processor takes seconds for the key exchange. */
const HANDSHAKE = 30_000;
/** After which it is said that a machine has not answered. */
const SLOW = 3_000;
/** For what a connection goes through to say why it ended. */
const LAST_WORDS = 1_000;
const KEEPALIVE = 10_000;
const KEEPALIVES_MISSED = 3;

/** @throws LabnetError ssh-refused, ssh-unreachable, ssh-auth, ssh-host-key, ssh-config */
export async function connectSsh(target: SshTarget, options: ConnectOptions): Promise<SshConnection> {
  const end = monotonic() + options.patience;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    try {
      return await attempt(target, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!mayPass(error) || monotonic() + pause > end) throw connectTrouble(target, error);
      options.waiting?.(target.machine, messageOf(error));
      await sleep(pause, undefined, options.signal && { signal: options.signal });
    }
  }
}

async function attempt(target: SshTarget, { hostKeys, waiting }: ConnectOptions): Promise<SshConnection> {
  const { NodeSSH } = await import('node-ssh');
  const { machine } = target;
  const slow = setTimeout(() => waiting?.(machine, 'no answer yet'), SLOW);
  const proxy = target.proxy && openProxy(target.proxy);
  const ssh = new NodeSSH();
  let changed: Buffer | undefined;
  const hostVerifier = (key: Buffer): boolean => {
    const isGood = hostKeys.meet(machine, key) !== 'changed';
    if (!isGood) changed = key;
    return isGood;
  };
  try {
    await ssh.connect({ ...settingsFor(target), ...(proxy && { sock: proxy.stream }), hostVerifier });
  } catch (error) {
    ssh.dispose();
    const said = await proxy?.end(LAST_WORDS);
    throw changed ? keyChanged(target, changed, hostKeys) : causeOf(error, said);
  } finally {
    clearTimeout(slow);
  }
  return new SshConnection(target, ssh, () => void proxy?.end());
}

const settingsFor = (target: SshTarget) => ({
  host: target.host,
  port: target.port,
  username: target.user,
  readyTimeout: HANDSHAKE,
  keepaliveInterval: KEEPALIVE,
  keepaliveCountMax: KEEPALIVES_MISSED,
  ...(target.agent !== undefined && { agent: target.agent }),
  authHandler: inTurn(methods(target)),
});

/** @param said by the program that the connection went through, which knows why there is none */
const causeOf = (error: unknown, said = ''): unknown =>
  said !== '' && mayPass(error) ? new ProxyError(said, { cause: error }) : error;

function keyChanged({ machine, host }: SshTarget, key: Buffer, { path }: HostKeys): Error {
  return failure(
    'ssh-host-key',
    `${machine} (${host}) shows another host key than the first time: ${fingerprint(key)}`,
    `if the machine was reinstalled, remove its line from ${path}; otherwise another machine answers in its place`,
  );
}

function methods({ user, keys, agent }: SshTarget): AuthenticationType[] {
  const fromFiles = keys.flatMap((path) => {
    const key = readKey(path);
    return key === undefined ? [] : [{ type: 'publickey', username: user, key } as const];
  });
  const fromAgent = agent === undefined ? [] : [{ type: 'agent', username: user, agent } as const];
  return [...fromFiles, ...fromAgent] as unknown as AuthenticationType[];
}

/** A key that cannot be read is one that cannot be tried; ssh2 passes over one that wants a passphrase. */
function readKey(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Each method once, in order; then none. */
function inTurn(all: readonly AuthenticationType[]): AuthHandlerMiddleware {
  const left = [...all];
  return (_, __, next) => {
    const method = left.shift();
    // ssh2 takes false for the end, which its types do not say.
    next((method ?? false) as AuthenticationType);
  };
}
