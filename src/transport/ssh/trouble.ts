/** What goes wrong between here and a machine, as diagnostics that name the machine and the fix. */
import { LabnetError, failure, messageOf } from '../../core/errors.js';
import { ProxyError } from './proxy.js';
import type { SshTarget } from './target.js';

/** What may be over when the machine has booted. */
const BOOTING: readonly string[] = [
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ETIMEDOUT',
  'ECONNRESET',
  'EPIPE',
  // Of a program that the connection goes through, when it ends.
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_DESTROYED',
];

type SshError = { readonly level?: string; readonly code?: string };

export function mayPass(error: unknown): boolean {
  if (error instanceof LabnetError) return false;
  if (error instanceof ProxyError) return !error.isFinal;
  const { level = '', code = '' } = error as SshError;
  // A server that is just starting takes the connection and drops it before it has said who it is.
  return (
    BOOTING.includes(code) || level === 'client-timeout' || messageOf(error).includes('before handshake')
  );
}

export function connectTrouble(target: SshTarget, error: unknown): LabnetError {
  if (error instanceof LabnetError) return error;
  const { machine, host, port, user, keys, agent, proxy } = target;
  const { level = '', code = '' } = error as SshError;
  const at = `${machine} (${user}@${host}:${port})`;
  if (error instanceof ProxyError)
    return failure(
      'ssh-unreachable',
      `${at} cannot be reached through '${proxy?.text ?? ''}': ${error.message}`,
      `make sure that 'ssh -F FILE ${machine}' works here without asking for anything`,
    );
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return failure(
      'ssh-config',
      `${machine}: there is no address for '${host}'`,
      `add a block 'Host ${machine}' with its HostName to the ssh configuration`,
    );
  if (level === 'client-authentication')
    return failure(
      'ssh-auth',
      `${at} does not let us in: ${triedText(keys, agent)}`,
      'name the right User and IdentityFile in the ssh configuration, or load the key with ssh-add',
    );
  if (code === 'ECONNREFUSED')
    return failure('ssh-refused', `${at} refuses connections`, 'start its SSH server, or correct the port');
  return failure(
    'ssh-unreachable',
    `${at} cannot be reached: ${messageOf(error)}`,
    'check that it runs and is on this network; if it boots slowly, run the command again',
  );
}

const triedText = (keys: readonly string[], agent: string | undefined): string => {
  const tried = [...keys, ...(agent === undefined ? [] : ['the keys of ssh-agent'])];
  return tried.length === 0 ? 'there is no key to try' : `tried ${tried.join(', ')}`;
};

export const lost = (machine: string): LabnetError =>
  failure('ssh-lost', `the connection to ${machine} broke`, 'run it again: it continues where it stopped');
