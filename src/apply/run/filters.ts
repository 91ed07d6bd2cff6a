/** Filters of captures, tried by tcpdump before anything is brought up: a mistake in one would end the run when its step begins. */
import type { Diagnostic } from '../../core/diagnostic.js';
import type { Family } from '../../core/ip.js';
import { memoizedFor } from '../../core/memo.js';
import type { Lab, Machine } from '../../model/lab.js';
import type { View } from '../../model/view.js';
import { viewOf } from '../../model/view.js';
import { hostsFile } from '../../plan/hosts.js';
import type { ScenarioFile } from '../../scenario/parse.js';
import type { Schedule } from '../../scenario/step.js';
import type { FilterCompiler } from '../capture/compile.js';
import { filterDiagnostic, unknownIn } from '../capture/filter.js';
import type { CapturePlace } from '../capture/places.js';
import { placesOf } from '../capture/places.js';

export function filterTroubles(
  { steps }: Schedule,
  lab: Lab,
  { source, timeline }: ScenarioFile,
  compiler: FilterCompiler,
): Diagnostic[] {
  return steps.flatMap(({ action, entry }) => {
    if (action.kind !== 'capture') return [];
    const { at: places, filter = '' } = action.value;
    if (filter === '') return [];
    const trouble = placesOf(lab, [places].flat())
      .map((place) => troubleAt(lab, place, filter, compiler))
      .find((one) => one !== undefined);
    if (trouble === undefined) return [];
    const at = source.place([...timeline, entry, 'capture', 'filter']);
    return filterDiagnostic(
      trouble,
      at,
      lab.machines.map(({ name }) => name),
    );
  });
}

/** Machines' names are addresses to this computer's tcpdump, of one family or of the other, as `ip6 host` takes no IPv4 address. */
function troubleAt(
  lab: Lab,
  place: CapturePlace,
  filter: string,
  compiler: FilterCompiler,
): string | undefined {
  const viewer = lab.machines.find(({ name }) => name === place.machine);
  if (!viewer) return compiler.troubleOf(place, filter);
  const known = addressesFor(viewOf(lab), viewer);
  // Nobody beyond the lab is asked for it: in a machine there is no name server, either.
  const stranger = strangerIn(filter, known[4]);
  if (stranger !== undefined) return `unknown host '${stranger}'`;
  if (!filter.match(NAMES)?.some((word) => known[4].has(word))) return compiler.troubleOf(place, filter);
  const troubles = FAMILIES.map((family) =>
    troubleWith(known[family], place, withAddresses(filter, known[family]), compiler),
  );
  return troubles.includes(undefined) ? undefined : troubles[0];
}

/** A name that stands alone, as the second of `host alice or bob`, is known by tcpdump's complaint. */
function troubleWith(
  names: Addresses,
  place: CapturePlace,
  filter: string,
  compiler: FilterCompiler,
): string | undefined {
  const trouble = compiler.troubleOf(place, filter);
  const name = unknownIn(trouble);
  const address = name === undefined ? undefined : names.get(name);
  if (address === undefined) return trouble;
  const rest = filter.replace(NAMES, (word) => (word === name ? address : word));
  return rest === filter ? trouble : troubleWith(names, place, rest, compiler);
}

const NAMES = /[\w.-]+/g;

type Addresses = ReadonlyMap<string, string>;
const FAMILIES: readonly Family[] = [4, 6];

/** As the machine's hosts file has them, rather of one family or of the other: a name with one only keeps that. */
const addressesFor = (view: View, viewer: Machine): Readonly<Record<Family, Addresses>> =>
  addressesIn(view)(viewer);

const addressesIn = memoizedFor((view: View) =>
  memoizedFor((viewer: Machine): Readonly<Record<Family, Addresses>> => {
    const lines = hostsFile(view, viewer)
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/\s+/));
    return { 4: addressesOf(lines, 4), 6: addressesOf(lines, 6) };
  }),
);

function addressesOf(lines: readonly (readonly string[])[], family: Family): Addresses {
  const found = new Map<string, string>();
  const isWanted = (address = ''): boolean => address.includes(':') === (family === 6);
  for (const [address = '', ...names] of lines)
    for (const name of names)
      if (!found.has(name) || (!isWanted(found.get(name)) && isWanted(address))) found.set(name, address);
  return found;
}

/** Where pcap-filter(7) has a host's name, as a machine may be called like a word of the language; what a colon follows is an address. */
const HOST = /(\b(?:host|src|dst|gateway)\s+(?:(?:and|or)\s+)?)([\w.-]+)(?![\w.:-])/g;

const withAddresses = (filter: string, names: Addresses): string =>
  filter.replace(HOST, (whole, before: string, name: string) =>
    QUALIFIERS.has(name) ? whole : before + (names.get(name) ?? name),
  );

/** A host's name that no hosts file of the lab has. */
const strangerIn = (filter: string, names: Addresses): string | undefined =>
  [...filter.matchAll(HOST)]
    .map(([, , word = '']) => word)
    .find((word) => /^[a-z]/i.test(word) && !QUALIFIERS.has(word) && !names.has(word));

const QUALIFIERS: ReadonlySet<string> = new Set([
  'host',
  'net',
  'port',
  'portrange',
  'src',
  'dst',
  'and',
  'or',
  'not',
  'gateway',
]);
