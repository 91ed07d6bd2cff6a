import test from 'ava';
import type { Output } from '../../../src/core/command.js';
import { guestTrouble, notesOf } from '../../../src/drivers/remote/guest-trouble.js';

const ended = (exitCode: number | null, stderr: string, timedOut = false): Output => ({
  exitCode,
  stdout: '',
  stderr,
  timedOut,
});

/** What sudo 1.9, sshd, dash and the machine's script say. */
const SAID: readonly (readonly [string, Output, string, RegExp])[] = [
  ['sudo that asks', ended(1, 'sudo: a password is required\n'), 'guest-sudo', /tester .*NOPASSWD/],
  ['sudo in German', ended(1, 'sudo: Ein Passwort ist notwendig\n'), 'guest-sudo', /tester .*NOPASSWD/],
  [
    'a user without sudo',
    ended(1, 'tester is not in the sudoers file.\nsudo: a terminal is required to read the password\n'),
    'guest-sudo',
    /NOPASSWD/,
  ],
  [
    'a host that sudo does not find',
    ended(1, 'sudo: unable to resolve host guest: Name or service not known\noops\n'),
    'guest-failed',
    /./,
  ],
  ['no sudo', ended(127, 'bash: line 1: sudo: command not found\n'), 'guest-sudo', /as root/],
  ['another lab', ended(42, "labnet: other-lab: this machine is in the lab 'x'\n"), 'guest-in-use', /./],
  [
    'a note before the error',
    ended(44, 'labnet: note: no systemd\nlabnet: interface-missing: no interface for a (02:00)\n'),
    'guest-interface',
    /MAC address/,
  ],
  [
    'a kernel without netem',
    ended(
      53,
      'labnet: link-unsupported: its kernel (6.1) has no sch_netem, which delay needs at a:lan: load it\n',
    ),
    'link-unsupported',
    /leave that part of 'link' out/,
  ],
  ['a full disk', ended(1, 'sh: 12: echo: No space left on device\n'), 'guest-disk-full', /make room/],
  ['no end', ended(null, '', true), 'guest-failed', /run it again/],
];

for (const [title, output, code, fix] of SAID) {
  test(`${title} is told with the machine and the fix`, (t) => {
    const [found] = guestTrouble({ machine: 'peerA', user: 'tester' }, output).diagnostics;
    t.is(found?.code as string, code);
    t.true(found?.message.startsWith('peerA'));
    t.regex(found?.fix ?? found?.message ?? '', fix);
  });
}

test('notes are warnings', (t) => {
  const [note] = notesOf('peerA', ended(0, 'labnet: note: after a reboot, run this again\n'));
  t.like(note, { severity: 'warning', message: 'peerA: after a reboot, run this again' });
});

test('root needs no sudo, whatever a script says of it', (t) => {
  const output = ended(1, 'sudo: a password is required\n');
  t.is(guestTrouble({ machine: 'peerA', user: 'root' }, output).diagnostics[0]?.code, 'guest-failed');
});
