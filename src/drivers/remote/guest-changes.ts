/** What a machine's script says that it changes, as changes with their reasons; the script alone has looked. */
import { failure } from '../../core/errors.js';
import type { Change } from '../../plan/diff.js';
import type { MachineStep } from '../../plan/step.js';
import { RULES_TEXT } from '../../plan/step.js';

const LINE = /^labnet: change: (file|hand) (added|changed|removed) ([a-z]+) ?(.*)$/gm;

/**
 * @param output what `setup.sh plan` or `apply` prints: a line `labnet: change: REASON VERB KIND …` each, with @SEGMENT@ for interfaces
 * @throws LabnetError guest-failed where it says what this labnet has no words for
 */
export function guestChanges(machine: string, output: string): Change[] {
  const found = [...output.matchAll(LINE)].map(([, reason, change, kind = '', rest = '']): Guest => ({
    reason: reason as Guest['reason'],
    change: change as Guest['change'],
    kind,
    words: rest.replace(/@([A-Za-z][A-Za-z0-9-]*)@/g, '$1'),
  }));
  return found
    .filter((one) => !follows(one))
    .map(({ reason, change, kind, words }) => ({
      change,
      reason,
      step: machineNamed(machine),
      text: `${machine}: ${textOf(machine, kind, words)}`,
    }));
}

type Guest = Required<Pick<Change, 'change' | 'reason'>> & { readonly kind: string; readonly words: string };

/** What comes and goes with an address, where that is why: its route to the subnet, and the rules that choose the lab's table. */
const follows = ({ reason, kind, words }: Guest): boolean =>
  reason === 'file' &&
  (kind === 'policy' || (kind === 'route' && words.includes(' src ') && !words.includes(' via ')));

function textOf(machine: string, kind: string, words: string): string {
  const [now = '', was] = words.split(' was ');
  switch (kind) {
    case 'machine':
      return 'network of the lab';
    case 'address': {
      const [segment = '', address = ''] = now.split(' ');
      return `address ${address} on ${segment}`;
    }
    case 'route':
      return `${routeText(now)}${isText(was === undefined ? was : wayText(was.replace(/^route /, '')))}`;
    case 'policy':
      return `rule ${now.replace(/^(-[46]) (\d+) /, (_, family: string, pref: string) => `${pref}${family === '-6' ? ' of IPv6' : ''}: `)}`;
    case 'setting': {
      const [key = '', value = ''] = now.split(' ');
      return `net.${key.replaceAll('/', '.')} = ${value} (is ${was?.split(' ').at(-1) ?? 'another'})`;
    }
    case 'link':
      return `interface on ${now.replace(/ down$/, '')} (down)`;
    case 'impair':
      return `${impairText(now)}${isText(was)}`;
    case 'losses':
      return 'what is lost on its links';
    case 'mtu': {
      const [segment = '', mtu = ''] = now.split(' ');
      return `MTU ${mtu} on ${segment}${isText(was?.split(' ').at(-1))}`;
    }
    case 'rules':
      return RULES_TEXT;
    case 'ports':
      return 'port control';
    case 'names':
      return 'names in /etc/hosts';
    case 'boot':
      return 'labnet.service, which sets it up at boot';
    case 'file':
      return now;
  }
  throw failure('guest-failed', `${machine}: its script changes '${kind}', which is not known here`);
}

const isText = (was: string | undefined): string => (was === undefined ? '' : ` (is ${was})`);

function impairText(words: string): string {
  const [segment = '', direction = '', ...rest] = words.split(' ');
  return `link ${direction === 'up' ? 'to' : 'from'} ${segment}: ${rest.join(' ')}`;
}

const routeText = (words: string): string => {
  const [, type = '', to = ''] = /^-[46] (unreachable )?(\S+)/.exec(words) ?? [];
  return `route to ${to}${type === '' ? ` ${wayText(words)}` : ': unreachable'}`;
};

/** `via GATEWAY on SEGMENT`, and what is out of the ordinary. */
const wayText = (words: string): string =>
  words
    .replace(/^-[46] (unreachable )?\S+ ?/, (_, type?: string) => (type ? 'unreachable' : ''))
    .replace(/\bdev (\S+)/, 'on $1')
    .trim();

const machineNamed = (machine: string): MachineStep => ({
  do: 'machine',
  machine,
  forwards: false,
  sysctls: {},
});

/** A machine that is no longer in the lab. */
export const departure = (machine: string): Change => ({
  change: 'removed',
  reason: 'file',
  step: machineNamed(machine),
  text: `${machine}: network of the lab`,
});
