/** Filters of captures, tried by tcpdump before anything is brought up: a mistake in one would end the run when its step begins. */
import type { Diagnostic } from '../../core/diagnostic.js';
import type { Lab, Machine } from '../../model/lab.js';
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
  const words = new Set(filter.match(NAMES));
  const viewer = lab.machines.find(({ name }) => name === place.machine);
  // Nobody beyond the lab is asked for it: in a machine there is no name server, either.
  const stranger = viewer && strangerIn(filter, addressesFor(lab, viewer, false));
  if (stranger !== undefined) return `unknown host '${stranger}'`;
  const isNamed = lab.machines.some(({ name }) => words.has(name) || hasDotted(words, name));
  if (!viewer || !isNamed) return compiler.troubleOf(place, filter);
  const troubles = [4, 6].map((family) => {
    const names = addressesFor(lab, viewer, family === 6);
    return troubleWith(names, place, withAddresses(filter, names), compiler);
  });
  return troubles.includes(undefined) ? undefined : troubles[0];
}

/** A name that stands alone, as the second of `host alice or bob`, is known by tcpdump's complaint. */
function troubleWith(
  names: ReadonlyMap<string, string>,
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
/** `bob.home`: his address on that segment. */
const hasDotted = (words: ReadonlySet<string>, name: string): boolean =>
  [...words].some((word) => word.startsWith(`${name}.`));

/** As the machine's hosts file has them; a name with one family only keeps that. */
function addressesFor(lab: Lab, viewer: Machine, isSix: boolean): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of hostsFile(viewOf(lab), viewer).trimEnd().split('\n')) {
    const [address = '', ...names] = line.split(/\s+/);
    const isBetter = (name: string): boolean =>
      !found.has(name) || (found.get(name)?.includes(':') !== isSix && address.includes(':') === isSix);
    for (const name of names) if (isBetter(name)) found.set(name, address);
  }
  return found;
}

/** Only where pcap-filter(7) has a host's name, as a machine may be called like a word of the language. */
const withAddresses = (filter: string, names: ReadonlyMap<string, string>): string =>
  filter.replace(
    /(\b(?:host|src|dst|gateway)\s+(?:(?:and|or)\s+)?)([\w.-]+)/g,
    (whole, before: string, name: string) =>
      QUALIFIERS.has(name) ? whole : before + (names.get(name) ?? name),
  );
/** A host's name that no hosts file of the lab has; what a colon follows is an address. */
const strangerIn = (filter: string, names: ReadonlyMap<string, string>): string | undefined =>
  [...filter.matchAll(/\b(?:host|src|dst|gateway)\s+(?:(?:and|or)\s+)?([a-z][\w.-]*)(?![\w.:-])/gi)]
    .map(([, word = '']) => word)
    .find((word) => !QUALIFIERS.has(word) && !names.has(word));

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
