/** What keeps labnet from being root where it logs in as another user, by what sudo(8) and the shell say. */
import type { Output } from '../../core/command.js';
import type { LabnetError } from '../../core/errors.js';
import { failure } from '../../core/errors.js';
import type { SshTarget } from '../../transport/ssh/target.js';

export type Login = Pick<SshTarget, 'machine' | 'user'>;

/** Its own words, in whatever language, but for a host name that it does not find, which stops nothing. */
const SAID = /^(?:sudo: (?!.*\bhost\b)(.+)|(.* is not in the sudoers file.*)|(Sorry, user .*))$/m;

/** @param output of a program run by way of sudo; undefined where it is not sudo that stopped it */
export function sudoTrouble(
  { machine, user }: Login,
  { exitCode, stderr }: Pick<Output, 'exitCode' | 'stderr'>,
): LabnetError | undefined {
  if (user === 'root') return undefined;
  if (exitCode === 127 && /\bsudo\b/.test(stderr))
    return failure('guest-sudo', `${machine} has no sudo`, 'install it there, or connect as root');
  const said = SAID.exec(stderr)?.slice(1).find(Boolean);
  if (exitCode !== 1 || said === undefined) return undefined;
  const line = /\btty\b/.test(said) ? `Defaults:${user} !requiretty` : `${user} ALL=(ALL) NOPASSWD: ALL`;
  return failure(
    'guest-sudo',
    `${machine}: sudo does not let ${user} be root: ${said}`,
    `write '${line}' to /etc/sudoers.d/labnet there, or connect as root`,
  );
}
