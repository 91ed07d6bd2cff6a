/** The script that sets up a real or virtual machine as a machine of the lab. */
import { memoizedFor } from '../core/memo.js';
import type { Lab, Machine } from '../model/lab.js';
import type { View } from '../model/view.js';
import { hasPortControl } from '../model/view.js';
import { labHosts } from '../plan/hosts.js';
import { linkNeeds } from './guest-links.js';
import type { NetworkData } from './guest-network.js';
import { networkData } from './guest-network.js';
import { portControls } from './port-control.js';
import type { RuleTexts } from './rules.js';
import { ruleTexts } from './rules.js';
import type { Templates } from './templates.js';
import { fill } from './templates.js';
import { printable } from './text.js';

/**
 * Exit codes of the script, by the code in its message `labnet: CODE: text` on standard error. They differ from those of
 * shells (1, 2, 126 and up), timeout(1) and ssh(1). All except the last three happen before anything is changed.
 */
export const GUEST_EXITS = {
  'bad-usage': { exit: 40, what: 'a word that is not apply, plan, remove, check or ready' },
  'not-root': { exit: 41, what: 'run by an ordinary user' },
  'other-lab': { exit: 42, what: 'another lab is applied to this machine' },
  'tool-missing': { exit: 43, what: 'a program is not installed; the package is named' },
  'interface-missing': { exit: 44, what: 'no interface has the MAC address or the address' },
  'interface-ambiguous': { exit: 45, what: 'several interfaces have it' },
  'management-interface': { exit: 46, what: 'the interface that SSH or the default route uses' },
  'configured-elsewhere': { exit: 47, what: 'ifupdown, netplan or other ip rules have it' },
  'other-daemon': { exit: 52, what: "a miniupnpd runs here that is not the lab's" },
  busy: { exit: 48, what: 'another run has not ended for a minute' },
  'link-unsupported': { exit: 53, what: 'the kernel lacks what a link takes; the module is named' },
  'disk-full': { exit: 49, what: 'a file cannot be written' },
  'step-failed': { exit: 50, what: 'a program failed, such as for want of a kernel module' },
  'not-applied': { exit: 51, what: 'check: this version is not here, or not as it should be' },
} as const satisfies Readonly<Record<string, { readonly exit: number; readonly what: string }>>;

export type GuestCode = keyof typeof GUEST_EXITS;

/** The code of an exit status; undefined for those that are not the script's own. */
export const guestCodeOf = (exit: number): GuestCode | undefined =>
  (Object.keys(GUEST_EXITS) as GuestCode[]).find((code) => GUEST_EXITS[code].exit === exit);

export type GuestOptions = {
  readonly templates: Templates;
  /** A hash of a text. Passed in, as pure folders do not import crypto. */
  readonly hash: (text: string) => string;
};

/** Stands for the version while the text that it is made of is not there yet. No segment has a colon in its name, which '@NAME@' stands for. */
const VERSION = '@:version:@';
const VERSION_FORM = /^[A-Za-z0-9._-]{1,64}$/;

export type GuestScript = {
  readonly text: string;
  /** The text in pieces; pieces that many machines share are the same string. */
  readonly parts: readonly string[];
  readonly version: string;
  /** Whether it needs what only somebody else can install, or a kernel has or not, which `ready` asks for. */
  readonly asksFirst: boolean;
};

/** @returns the script with its version, which is the hash of its text */
export function guestScript(view: View, machine: Machine, { templates, hash }: GuestOptions): GuestScript {
  const parts = { '@:code:@': templates['guest-code.sh'], '@:hosts:@': labHosts(view, machine) };
  const draft = draftOf(view, machine, templates);
  const version = hash(
    [hash(draft), ...Object.entries(parts).map(([place, part]) => hashOnce(hash, place, part))].join('\n'),
  );
  if (!VERSION_FORM.test(version)) throw new RangeError(`not a version: ${JSON.stringify(version)}`);
  const pieces = insert(draft, { ...parts, [VERSION]: version });
  return {
    parts: pieces,
    version,
    asksFirst: hasPortControl(machine) || linkNeeds(machine) !== undefined,
    // Joined only on demand, as the texts of a large lab fill a hundred megabytes.
    get text() {
      return pieces.join('');
    },
  };
}

/** Cuts a text at its places and puts in what belongs there, whose own text is left alone. */
function insert(text: string, parts: Readonly<Record<string, string>>): string[] {
  const places = new RegExp(`(${Object.keys(parts).join('|')})`);
  return text.split(places).map((piece) => parts[piece] ?? piece);
}

type Hash = GuestOptions['hash'];
type Hashed = { readonly text: string; readonly hash: string };

const hashesBy = memoizedFor<Hash, Map<string, Hashed>>(() => new Map());

/** Of a text that scripts which follow one another have in them: it is most of them in a large lab. */
function hashOnce(hash: Hash, place: string, text: string): string {
  const last = hashesBy(hash);
  const known = last.get(place);
  if (known?.text === text) return known.hash;
  const made = { text, hash: hash(text) };
  last.set(place, made);
  return made.hash;
}

/** The script without its large parts. */
function draftOf(view: View, machine: Machine, templates: Templates): string {
  const head = headOf(view.lab, machine);
  const data = inert(networkData(view, machine));
  const network = fill(templates, 'guest-network.sh', {
    ...head,
    ...data,
    portsCode: hasPortControl(machine) ? templates['guest-network-ports.sh'] : '',
    code: templates['guest-network-code.sh'],
  });
  const rules = rulesOf(view.lab, machine);
  const own = {
    rules,
    tools: toolsOf(rules).join(' '),
    portsCode: portsText(machine, templates),
    linksCode: linksText(machine, templates),
  };
  return fill(templates, 'guest.sh', { ...head, table: data.table, network, ...own });
}

/** Quotes text for sh with single quotes. */
function inert(data: NetworkData): NetworkData {
  if (JSON.stringify(data).includes("'")) throw new RangeError("a network's data has a quote in it");
  return data;
}

const TOOLS: Readonly<Record<keyof RuleTexts, readonly string[]>> = {
  v4: ['iptables', 'iptables-restore', 'iptables-save'],
  v6: ['ip6tables', 'ip6tables-restore', 'ip6tables-save'],
  nft: ['nft'],
};

/** The programs that load its rules. */
const toolsOf = (rules: RuleTexts): string[] =>
  (Object.keys(TOOLS) as (keyof RuleTexts)[]).flatMap((one) => (rules[one] === '' ? [] : TOOLS[one]));

const headOf = ({ name, file }: Lab, machine: Machine) => ({
  lab: name,
  file: printable(file),
  machine: machine.name,
  kind: machine.kind,
  version: VERSION,
  exits: Object.entries(GUEST_EXITS),
});

/** Segments for interfaces, as no name of an interface is known before the machine runs. */
function namesOf({ interfaces }: Machine): (name: string) => string {
  const segments = new Map(interfaces.map(({ name, segment }) => [name, segment]));
  return (name) => `@${segments.get(name) ?? name}@`;
}

/** Port control's files, and what tells whether they can be used. */
const portsText = (machine: Machine, templates: Templates): string =>
  portControls(machine, namesOf(machine))
    .map(({ files }) => {
      const ports = Object.entries({ ...files, 'port-control.pl': templates['port-control.pl'] });
      return fill(templates, 'guest-ports.sh', { ports });
    })
    .join('');

/** What its links take of its kernel, and what tells whether that is there. */
function linksText(machine: Machine, templates: Templates): string {
  const needs = linkNeeds(machine);
  return needs ? fill(templates, 'guest-links.sh', needs) : '';
}

function rulesOf({ file }: Lab, machine: Machine): RuleTexts {
  return ruleTexts(machine, file, { jumps: false, nameOf: namesOf(machine) });
}
