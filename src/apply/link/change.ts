/** Changes of links as a pure function from lab to lab. A changed link keeps the values of the file, for `reset`. */
import { diagnostic } from '../../core/diagnostic.js';
import { badInput, SettingsError } from '../../core/errors.js';
import type { Link } from '../../link/impairment.js';
import type { Interface, Lab, Machine } from '../../model/lab.js';
import { LEAST_MTU_6, mtuTooSmall } from '../../model/links/mtu.js';
import { bare } from '../../model/view.js';
import { linkPlaces } from './places.js';
import { withSettings } from './settings.js';

/** A change of links, as data. Places are `MACHINE:SEGMENT`, `MACHINE` or `:SEGMENT` (places.ts). */
export type LinkChange =
  | { readonly do: 'set'; readonly places: readonly string[]; readonly settings: readonly string[] }
  /** Takes links down in both directions, or up again. */
  | { readonly do: 'down' | 'up'; readonly places: readonly string[] }
  /** Cuts machines of different groups off from each other. */
  | { readonly do: 'partition'; readonly groups: readonly (readonly string[])[] }
  | { readonly do: 'heal' }
  /** Sets these links, or all, back to the values of the file. */
  | { readonly do: 'reset'; readonly places?: readonly string[] };

/** @throws LabnetError exit code 2 for unknown places and wrong settings */
export function changedLinks(lab: Lab, change: LinkChange): Lab {
  switch (change.do) {
    case 'set':
      return at(lab, change.places, (link, one) => fitting(withSettings(link, change.settings), one));
    case 'down':
      return at(lab, change.places, (link) => ({ ...link, cut: true }));
    case 'up':
      return at(lab, change.places, (link = {}) => without(link, 'cut'));
    case 'partition':
      return partitioned(lab, change.groups);
    case 'heal':
      return each(
        lab,
        () =>
          (link = {}) =>
            without(link, 'apart'),
      );
    case 'reset':
      return change.places ? at(lab, change.places, undefined) : each(lab, () => 'reset');
  }
}

/** @throws LabnetError link-unfit */
function fitting(link: Link, { segment, addresses }: Interface): Link {
  if (link.mtu === undefined || link.mtu >= LEAST_MTU_6 || !addresses.some((one) => one.includes(':')))
    return link;
  const found = diagnostic('link-unfit', mtuTooSmall(link.mtu, segment), {
    fix: `${LEAST_MTU_6} or more (RFC 8200 section 5)`,
  });
  throw new SettingsError([{ found, key: ['mtu'] }]);
}

const without = (link: Link, key: keyof Link): Link =>
  Object.fromEntries(Object.entries(link).filter(([one]) => one !== key));

type Edit = (link: Link | undefined, one: Interface) => Link;

function at(lab: Lab, places: readonly string[], edit: Edit | undefined): Lab {
  const found = new Set(
    places.flatMap((text) => linkPlaces(lab, text)).map(({ machine, segment }) => `${machine}:${segment}`),
  );
  return each(lab, (machine, { segment }) =>
    found.has(`${machine.name}:${segment}`) ? (edit ?? 'reset') : undefined,
  );
}

function each(lab: Lab, pick: (machine: Machine, one: Interface) => Edit | 'reset' | undefined): Lab {
  const machines = lab.machines.map((machine) => {
    const interfaces = machine.interfaces.map((one) => {
      const edit = pick(machine, one);
      return edit ? edited(one, edit) : one;
    });
    return interfaces.every((one, index) => one === machine.interfaces[index])
      ? machine
      : { ...machine, interfaces };
  });
  return { ...lab, machines };
}

/** Keeps the values of the file at the first change, until the link has them again. */
function edited(one: Interface, edit: Edit | 'reset'): Interface {
  const { link, declared, ...rest } = one;
  const written = declared ?? link ?? {};
  const next = edit === 'reset' ? written : edit(link, one);
  const isWritten = JSON.stringify(sorted(next)) === JSON.stringify(sorted(written));
  const isSame = JSON.stringify(sorted(next)) === JSON.stringify(sorted(link ?? {}));
  if (isSame && isWritten === (declared === undefined)) return one;
  return {
    ...rest,
    ...(Object.keys(next).length > 0 && { link: next }),
    ...(!isWritten && { declared: written }),
  };
}

const sorted = (link: Link): unknown => Object.entries(link).sort(([a], [b]) => (a < b ? -1 : 1));

function partitioned(lab: Lab, groups: readonly (readonly string[])[]): Lab {
  if (groups.filter((group) => group.length > 0).length < 2)
    throw badInput(
      'bad-usage',
      'a partition needs two groups or more',
      "such as 'A,B' 'C,D', or 'A,B / C,D'",
    );
  const of = new Map<string, number>();
  for (const [index, group] of groups.entries()) {
    for (const name of group.flatMap((text) => linkPlaces(lab, text)).map(({ machine }) => machine)) {
      if ((of.get(name) ?? index) !== index)
        throw badInput('bad-usage', `${name} is in two groups`, 'name it in one of them');
      of.set(name, index);
    }
  }
  const own = groups.map((_, index) => addressesOf(lab, (name) => of.get(name) === index));
  return each(lab, ({ name }) => {
    const index = of.get(name);
    const others = index === undefined ? [] : own.filter((_, other) => other !== index).flat();
    return (link = {}) => ({ ...without(link, 'apart'), ...(others.length > 0 && { apart: others }) });
  });
}

/** The addresses by which the machines of a group are reached: their own, and those that NAT gives them. */
function addressesOf(lab: Lab, isIn: (machine: string) => boolean): string[] {
  const shown = lab.machines.flatMap(({ name, nat }) =>
    nat.flatMap((mapping) => {
      if (mapping.kind === 'static') return isIn(mapping.inside.machine) ? [mapping.public] : [];
      if (mapping.kind === 'masquerade') return isIn(name) ? mapping.pool : [];
      return mapping.kind === 'nptv6' && isIn(name) ? [mapping.public] : [];
    }),
  );
  const own = lab.machines
    .filter(({ name }) => isIn(name))
    .flatMap(({ interfaces, nat }) => {
      // A published address belongs to the group of the inside host.
      const statics = new Set(nat.flatMap((mapping) => (mapping.kind === 'static' ? [mapping.public] : [])));
      return interfaces.flatMap(({ addresses }) => addresses.map(bare)).filter((one) => !statics.has(one));
    });
  return [...new Set([...own, ...shown])].sort();
}
