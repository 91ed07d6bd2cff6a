/** Data that is not as it should be, in one place or another: values, keys, and what is missing or too much. */
import type { Path } from '../../src/topology/source.js';
import type { Spoiling } from './topologies.js';

type Container = Record<string | number, unknown>;

const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null;

/** Every place in the data but the root. */
export function placesIn(value: unknown, place: Path = []): Path[] {
  const below = isContainer(value)
    ? Object.entries(value).flatMap(([key, inner]) =>
        placesIn(inner, [...place, Array.isArray(value) ? Number(key) : key]),
      )
    : [];
  return place.length > 0 ? [place, ...below] : below;
}

export function spoil(data: unknown, { at, how, value, key }: Spoiling): unknown {
  const places = placesIn(data);
  const place = places[at % Math.max(1, places.length)];
  if (!place) return value;
  return changed(data, place, (old) => {
    if (how === 'remove') return [];
    if (how === 'rename') return [[key, old]];
    if (how === 'wrap') return [[place.at(-1) ?? '', at % 2 === 0 ? [old] : { [key]: old }]];
    if (how === 'add')
      return [
        [place.at(-1) ?? '', old],
        [key, value],
      ];
    if (how === 'copy')
      return [
        [place.at(-1) ?? '', old],
        [key, old],
      ];
    return [[place.at(-1) ?? '', value]];
  });
}

type Entry = readonly [string | number, unknown];

/** A copy with other entries in place of the one at the place. */
function changed(data: unknown, [step, ...rest]: Path, to: (old: unknown) => readonly Entry[]): unknown {
  if (!isContainer(data) || step === undefined) return data;
  const entries = Object.entries(data).flatMap(([key, inner]): readonly Entry[] => {
    if (key !== String(step)) return [[key, inner]];
    return rest.length === 0 ? to(inner) : [[key, changed(inner, rest, to)]];
  });
  return Array.isArray(data) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries);
}
