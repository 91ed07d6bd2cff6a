/** The NAT of a router, or of a group of routers, as lines of text. */
import { groupBy } from '../../core/group-by.js';
import type { ForwardMapping, Machine, Mapping } from '../../model/lab.js';
import { addressesText, endsText, namesText } from './ranges.js';

/** Lines that differ only in who and where: of `count`ed routers, or of as many published hosts. */
const likenessOf = (mapping: Mapping, groupOf: (machine: string) => string): string => {
  switch (mapping.kind) {
    case 'static':
      return `static ${groupOf(mapping.inside.machine)}`;
    case 'forward':
      return `forward ${mapping.protocol} ${mapping.ports.first}-${mapping.ports.last} ${mapping.toPort} ${groupOf(mapping.inside.machine)}`;
    default:
      return `${mapping.kind} ${mapping.line}`;
  }
};

/** @param groupOf what tells the node that a machine is drawn in */
export const natLines = (routers: readonly Machine[], groupOf: (machine: string) => string): string[] =>
  [
    ...groupBy(
      routers.flatMap(({ nat }) => nat),
      (mapping) => likenessOf(mapping, groupOf),
    ).values(),
  ].map(lineOf);

function lineOf(mappings: readonly Mapping[]): string {
  const publics = addressesOf(mappings);
  const [first] = mappings;
  switch (first?.kind) {
    case 'static':
      return `${namesText(insideMachines(mappings))} ⇄ ${publics}`;
    case 'forward':
      return `${publics} ${portsText(first)} → ${namesText(insideMachines(mappings))}${targetPort(first)}`;
    case 'masquerade':
      return `${segmentsText(mappings)} → ${publics} (${first.preset})`;
    case 'nptv6':
      return `${first.prefix} ⇄ ${endsText(mappings.map((mapping) => mapping.public))}`;
    case undefined:
      return '';
  }
}

function addressesOf(mappings: readonly Mapping[]): string {
  return addressesText(
    mappings.flatMap((mapping) => {
      if (mapping.kind === 'nptv6') return [];
      return mapping.kind === 'masquerade' ? mapping.pool : [mapping.public];
    }),
  );
}

const insideMachines = (mappings: readonly Mapping[]): string[] =>
  mappings.flatMap((mapping) => ('machine' in mapping.inside ? [mapping.inside.machine] : []));

const segmentsText = (mappings: readonly Mapping[]): string =>
  namesText(
    mappings.flatMap((mapping) =>
      'machine' in mapping.inside ? [] : mapping.inside.map(({ segment }) => segment),
    ),
  );

const range = (first: number, last: number): string => (first === last ? `${first}` : `${first}–${last}`);

const portsText = ({ protocol, ports }: ForwardMapping): string =>
  `${protocol} ${range(ports.first, ports.last)}`;

const targetPort = ({ ports, toPort }: ForwardMapping): string =>
  toPort === ports.first ? '' : `:${range(toPort, toPort + ports.last - ports.first)}`;
