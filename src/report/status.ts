/** The state of a lab as text: machines with addresses, and NAT with packet counters. */
import type { LabSummary } from '../apply/lab.js';
import type { LabStatus, MachineStatus, NatStatus } from '../apply/status.js';
import { count } from '../core/text.js';
import type { LinkLine } from '../link/listed.js';
import { linksText } from './link.js';
import { columns } from './style.js';
import type { Style } from './style.js';

const LISTED_AT_MOST = 60;

export function statusText(
  { name, driver, file, created }: LabSummary,
  { machines, nat, links }: LabStatus & { readonly links: readonly LinkLine[] },
  all: boolean,
  style: Style,
): string {
  const head = `${style.bold(name)} (${driver}${file === '' ? '' : `, ${file}`}), up since ${created}`;
  const shown = all ? machines : machines.slice(0, LISTED_AT_MOST);
  const more =
    machines.length > shown.length
      ? [style.dim(`  … and ${count(machines.length - shown.length, 'more machine')}: --all`)]
      : [];
  const shownNat = all ? nat : nat.slice(0, LISTED_AT_MOST);
  const moreNat =
    nat.length > shownNat.length ? [style.dim(`  … and ${nat.length - shownNat.length} more: --all`)] : [];
  return [
    head,
    '',
    machineTable(shown, style),
    ...more,
    ...(links.length > 0 ? ['', linksText(name, all ? links : links.slice(0, LISTED_AT_MOST), style)] : []),
    ...(nat.length > 0 ? ['', ...natLines(shownNat, style), ...moreNat] : []),
  ].join('\n');
}

function machineTable(machines: readonly MachineStatus[], style: Style): string {
  const rows = machines.flatMap(({ name, kind, interfaces, gateways }) =>
    interfaces.map((one, index) => [
      index === 0 ? name : '',
      index === 0 ? kind : '',
      one.name,
      one.segment,
      one.addresses.join(', '),
      index === 0 ? gateways.join(', ') || '-' : '',
    ]),
  );
  const [head = '', ...body] = columns([
    ['machine', 'kind', 'interface', 'segment', 'addresses', 'gateway'],
    ...rows,
  ]).split('\n');
  return [style.dim(head), ...body].join('\n');
}

function natLines(nat: readonly NatStatus[], style: Style): string[] {
  return nat.flatMap(({ router, title, line, rules }) => [
    `  ${style.bold(router)} ${title}${line > 0 ? style.dim(` (line ${line})`) : ''}`,
    columns(
      rules.map(({ rule, packets }) => [`${packets}`, shortRule(rule)]),
      '    ',
    ),
  ]);
}

/** Without the comment, as the title says the same. */
const shortRule = (rule: string): string => rule.replace(/ -m comment --comment ("[^"]*"|\S+)/, '');
