/** Where a machine is, as ssh_config(5) says it: read by ssh itself, so that includes, patterns and tokens hold. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { badInput, failure } from '../../core/errors.js';

export type SshTarget = {
  readonly machine: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Private keys that are there, in the order in which they are tried. */
  readonly keys: readonly string[];
  /** The socket of an ssh-agent(1). */
  readonly agent?: string;
  /** What the configuration asks for and labnet does not do itself: connections through another machine. */
  readonly through?: string;
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
      `${config} is no ssh configuration: ${lastLine(stderr)}`,
      'see ssh_config(5)',
    );
  return readTarget(machine, stdout);
}

/** @param text what `ssh -G` prints: a keyword and its value a line */
export function readTarget(machine: string, text: string): SshTarget {
  const values = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const space = line.indexOf(' ');
    if (space < 0) continue;
    const key = line.slice(0, space);
    values.set(key, [...(values.get(key) ?? []), line.slice(space + 1).trim()]);
  }
  const first = (key: string): string | undefined => values.get(key)?.[0];
  const through = [first('proxyjump'), first('proxycommand')].find(
    (value) => value !== undefined && value !== 'none',
  );
  const agent = agentSocket(first('identityagent'));
  const onlyWritten = first('identitiesonly') === 'yes';
  return {
    machine,
    host: first('hostname') ?? machine,
    port: Number(first('port') ?? 22),
    user: first('user') ?? 'root',
    keys: (values.get('identityfile') ?? []).map(expand).filter((path) => existsSync(path)),
    ...(agent !== undefined && !onlyWritten && { agent }),
    ...(through !== undefined && { through }),
  };
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
