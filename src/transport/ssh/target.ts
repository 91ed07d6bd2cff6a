/** Where a machine is, as ssh_config(5) says it: read by ssh itself, so that includes, patterns and tokens hold. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { badInput, failure } from '../../core/errors.js';
import type { Destination, Proxy } from './proxy.js';
import { commandThrough, jumpThrough } from './proxy.js';

export type SshTarget = Destination & {
  /** Private keys that are there, in the order in which they are tried. */
  readonly keys: readonly string[];
  /** The socket of an ssh-agent(1). */
  readonly agent?: string;
  /** What the connection goes through, where it is not direct. */
  readonly proxy?: Proxy;
};

const RESOLVE_TIMEOUT = 10_000;

/** @throws LabnetError ssh-config, tool-missing */
export async function resolveTarget(config: string, machine: string): Promise<SshTarget> {
  const { execa } = await import('execa');
  const { stdout, stderr, exitCode, code } = await execa('ssh', ['-G', '-F', config, '--', machine], {
    reject: false,
    stdin: 'ignore',
    timeout: RESOLVE_TIMEOUT,
  });
  if (code === 'ENOENT')
    throw failure('tool-missing', 'ssh is not installed', "install it: 'apt-get install openssh-client'");
  if (exitCode !== 0)
    throw badInput(
      'ssh-config',
      `${config} is not an ssh configuration: ${lastLine(stderr)}`,
      'see ssh_config(5)',
    );
  return readTarget(config, machine, stdout);
}

/**
 * @param config where jump hosts are looked up, too
 * @param text what `ssh -G` prints: a keyword and its value a line
 */
export function readTarget(config: string, machine: string, text: string): SshTarget {
  const values = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const space = line.indexOf(' ');
    if (space < 0) continue;
    const key = line.slice(0, space);
    values.set(key, [...(values.get(key) ?? []), line.slice(space + 1).trim()]);
  }
  const first = (key: string): string | undefined => values.get(key)?.[0];
  const written = (key: string): string | undefined => (first(key) === 'none' ? undefined : first(key));
  const destination = {
    machine,
    host: first('hostname') ?? machine,
    port: Number(first('port') ?? 22),
    user: first('user') ?? 'root',
  };
  if (first('proxyusefdpass') === 'yes')
    throw badInput(
      'ssh-config',
      `${machine}: labnet cannot use ProxyUseFdpass`,
      'give it a ProxyCommand that passes data on',
    );
  const proxy = proxyOf(config, destination, written('proxyjump'), written('proxycommand'));
  const agent = agentSocket(first('identityagent'));
  const onlyWritten = first('identitiesonly') === 'yes';
  return {
    ...destination,
    keys: (values.get('identityfile') ?? []).map(expand).filter((path) => existsSync(path)),
    ...(agent !== undefined && !onlyWritten && { agent }),
    ...(proxy !== undefined && { proxy }),
  };
}

function proxyOf(
  config: string,
  destination: Destination,
  jump: string | undefined,
  command: string | undefined,
): Proxy | undefined {
  if (jump !== undefined) return jumpThrough(config, jump, destination);
  return command === undefined ? undefined : commandThrough(command, destination);
}

function agentSocket(written: string | undefined): string | undefined {
  if (written === 'none') return undefined;
  const fromEnv = process.env['SSH_AUTH_SOCK'];
  const path = written === undefined || written === 'SSH_AUTH_SOCK' ? fromEnv : expand(written);
  return path !== undefined && path !== '' && existsSync(path) ? path : undefined;
}

const expand = (path: string): string =>
  resolve(path.replace(/^"(.*)"$/, '$1').replace(/^~(?=\/)/, homedir()));

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';
