/** What a machine's script says when it stops, as diagnostics that name the machine and the fix. */
import type { Output } from '../../core/command.js';
import type { Diagnostic, DiagnosticCode } from '../../core/diagnostic.js';
import { diagnostic } from '../../core/diagnostic.js';
import type { LabnetError } from '../../core/errors.js';
import { failure } from '../../core/errors.js';
import type { GuestCode } from '../../render/guest.js';
import { guestCodeOf } from '../../render/guest.js';
import type { Login } from './sudo-trouble.js';
import { sudoTrouble } from './sudo-trouble.js';

const SAID: Readonly<Record<GuestCode, readonly [DiagnosticCode, string]>> = {
  'bad-usage': ['guest-failed', 'this is a bug in labnet: report it'],
  'not-root': ['guest-sudo', 'let the SSH user be root, or give it sudo without a password'],
  'other-lab': ['guest-in-use', "take that lab down first, or run 'setup.sh remove' of it there"],
  'tool-missing': ['guest-tool-missing', 'install it there'],
  'interface-missing': [
    'guest-interface',
    'give the machine an interface on the segment, with this MAC address or this address on it',
  ],
  'interface-ambiguous': ['guest-interface', 'leave one of them the address'],
  'management-interface': ['guest-interface', 'give the lab an interface of its own on the segment'],
  'configured-elsewhere': ['guest-network-config', 'take it out of that configuration'],
  'other-daemon': [
    'guest-in-use',
    "end it there ('systemctl disable --now miniupnpd' where it is Debian's), or leave 'port-control' out",
  ],
  'link-unsupported': ['link-unsupported', "see to that there, or leave that part of 'link' out"],
  busy: ['guest-failed', 'wait for the other one to end'],
  'disk-full': ['guest-disk-full', 'make room there'],
  'step-failed': ['guest-failed', 'see what the machine says'],
  'not-applied': ['guest-failed', "'labnet up' sets it up"],
};

const SHOWN = 400;

export function guestTrouble(login: Login, output: Output): LabnetError {
  const { machine } = login;
  const { exitCode, stdout, stderr, timedOut } = output;
  if (timedOut)
    return failure(
      'guest-failed',
      `${machine} did not finish in time`,
      'run it again, when the machine is less busy',
    );
  const refused = sudoTrouble(login, output);
  if (refused) return refused;
  if (stderr.includes('No space left on device')) return trouble(machine, 'disk-full', 'its disk is full');
  const code = exitCode === null ? undefined : guestCodeOf(exitCode);
  const text = code === undefined ? undefined : saidBy(stderr, code);
  if (code !== undefined && text !== undefined) return trouble(machine, code, text);
  const said = (stderr.trim() || stdout.trim()).slice(-SHOWN);
  return failure(
    'guest-failed',
    `${machine}: its script ended with ${exitCode ?? 'nothing'}: ${said || 'it said nothing'}`,
  );
}

const trouble = (machine: string, code: GuestCode, text: string): LabnetError =>
  failure(SAID[code][0], `${machine}: ${text}`, SAID[code][1]);

const saidBy = (stderr: string, code: GuestCode): string | undefined =>
  new RegExp(`^labnet: ${code}: (.*)$`, 'm').exec(stderr)?.[1];

/** What is no obstacle and good to know. */
export const notesOf = (machine: string, { stderr }: Output): Diagnostic[] =>
  [...stderr.matchAll(/^labnet: note: (.*)$/gm)].map(([, text]) =>
    diagnostic('guest-note', `${machine}: ${text ?? ''}`),
  );
