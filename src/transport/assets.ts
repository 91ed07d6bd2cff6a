/** Reads files that are part of the package. */
import { readFileSync } from 'node:fs';
import type { TemplateName, Templates } from '../render/templates.js';

/** Seen from dist/src/transport. */
const ROOT = new URL('../../../', import.meta.url);

export const readAsset = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

/** Labnet's own. */
export const readVersion = (): string =>
  (JSON.parse(readAsset('package.json')) as { version: string }).version;

const TEMPLATES: readonly TemplateName[] = [
  'lab.sh',
  'apply.sh',
  'guest.sh',
  'guest-code.sh',
  'guest-ports.sh',
  'guest-links.sh',
  'guest-network.sh',
  'guest-network-code.sh',
  'guest-network-ports.sh',
  'port-control.pl',
  'Vagrantfile',
];

const PORT_CONTROL = 'provisioners/guest/port-control.pl';
const ELSEWHERE: Partial<Record<TemplateName, string>> = {
  Vagrantfile: 'Vagrantfile.tmpl',
  'port-control.pl': PORT_CONTROL,
};
/** In pieces, by topic; what runs it all comes last. */
const PIECES: Partial<Record<TemplateName, readonly string[]>> = {
  'guest-code.sh': ['common', 'ahead', 'files', 'managers', 'changes', 'main'].map(
    (name) => `templates/guest/${name}.sh.eta`,
  ),
  'guest-network-code.sh': ['look', 'settings', 'rules', 'links', 'judge', 'up', 'down', 'main'].map(
    (name) => `templates/guest-network/${name}.sh.eta`,
  ),
};
const pathsOf = (name: TemplateName): readonly string[] =>
  PIECES[name] ?? [ELSEWHERE[name] ?? `templates/${name}.eta`];

export const readTemplates = (): Templates =>
  Object.fromEntries(TEMPLATES.map((name) => [name, pathsOf(name).map(readAsset).join('')])) as Templates;

/** The script that installs missing tools in a machine. */
export const readGuestTools = (): string => readAsset('provisioners/guest/tools.sh');

/** The program that deletes tracked connections of a router. */
export const readForget = (): string => readAsset('provisioners/guest/forget.pl');

/** The program that measures the rate of a link. */
export const readLinkProbe = (): string => readAsset('provisioners/guest/link-probe.pl');

/** The agent that carries out test runs in machines reached over SSH. */
export const readAgent = (): string => readAsset('provisioners/guest/agent.pl');

/** The program that runs beside miniupnpd in a router with port control. */
export const readPortControl = (): string => readAsset(PORT_CONTROL);

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** The completion script of a shell. */
export const readCompletion = (shell: Shell): string => readAsset(`templates/completion/labnet.${shell}`);
