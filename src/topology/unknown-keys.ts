/** Keys that do not exist where they are written, and list entries whose kind is unclear. */
import type * as z from 'zod';
import type { DiagnosticCode } from '../core/diagnostic.js';
import { list } from '../core/suggest.js';
import { HOST_KEYS, ROUTER_KEYS } from './schema.js';
import type { Part, Path } from './source.js';
import { keyFix, meantBy } from './synonyms.js';

/** One violation of the schema: its place and the message. */
export type FormIssue = {
  readonly path: Path;
  readonly part: Part;
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly fix: string;
  /** The missing key, or for an unknown key the one that is probably meant. */
  readonly meant?: string | undefined;
};

export function unknownKey(path: Path, allowed: readonly string[]): FormIssue {
  const key = String(path.at(-1));
  return {
    path,
    part: 'key',
    code: 'unknown-key',
    message: `unknown key '${key}'`,
    fix: keyFix(key, allowed),
    meant: meantBy(key, allowed),
  };
}

/** An entry with the keys of two kinds. */
export function secondKind(path: Path, key: string, data: unknown): FormIssue | undefined {
  const words = kindsAt(path)?.words ?? [];
  if (!words.includes(key)) return undefined;
  const first = keysAt(data, path).find((one) => one !== key && words.includes(one));
  const fix = `give '${key}' an entry of its own, behind a '- ' of its own`;
  return { ...unknownKey([...path, key], []), message: `'${key}' beside '${first ?? ''}'`, fix };
}

/** A link that is written for the whole machine. */
export const STRAY_LINK = {
  message: "'link' belongs to one attachment, not to the whole machine",
  fix: "write it beside the address: 'SEGMENT: { address: auto, link: { … } }'",
} as const;

/** A key of a host or router that is neither fixed nor a segment, and has a wrong value, is a mistyped key. */
export function strayKey(path: Path, data: unknown): FormIssue | undefined {
  const [kind, , key] = path;
  if ((kind !== 'hosts' && kind !== 'routers') || key === undefined) return undefined;
  const fixed = kind === 'hosts' ? HOST_KEYS : ROUTER_KEYS;
  const segments = Object.keys(Object(valueAt(data, ['segments'])) as object);
  if (fixed.includes(String(key)) || segments.includes(String(key))) return undefined;
  if (key === 'link') return { ...unknownKey(path.slice(0, 3), []), ...STRAY_LINK };
  if (kind === 'hosts' && ROUTER_KEYS.includes(String(key)))
    return {
      ...unknownKey(path.slice(0, 3), []),
      message: `a host has no '${String(key)}'`,
      fix: `write ${String(path[1])} below 'routers', which have it`,
    };
  return unknownKey(path.slice(0, 3), [...fixed, ...segments]);
}

/** Lists whose entries have different kinds, each known by one key. */
type Kinds = { readonly words: readonly string[]; readonly example: string };
const KINDS: Readonly<Record<string, Kinds>> = {
  nat: {
    words: ['masquerade', 'static', 'forward', 'nat66', 'nptv6'],
    example: '{ masquerade: SEGMENT, via: SEGMENT }',
  },
  checks: { words: ['ping', 'tcp', 'udp', 'blocked', 'path'], example: '{ ping: HOST -> HOST }' },
};

/** The kinds that an entry at a path can have; undefined outside these lists. */
const kindsAt = (path: Path): Kinds | undefined => {
  const [list, index] = path.slice(-2);
  return typeof index === 'number' && typeof list === 'string' ? KINDS[list] : undefined;
};

/** For an entry of no kind the kinds are listed, as missing keys of one guessed kind would mislead. */
export function unknownKind(issue: z.core.$ZodIssue, data: unknown): FormIssue[] | undefined {
  const path = issue.path as Path;
  const kinds = kindsAt(path);
  const keys = keysAt(data, path);
  if (issue.code !== 'invalid_union' || !kinds || keys.some((key) => kinds.words.includes(key))) return;
  const key = keys.find((one) => meantBy(one, kinds.words) !== undefined) ?? keys[0];
  if (key === undefined) return;
  const meant = meantBy(key, kinds.words);
  const belongs = `one of ${list(kinds.words)} belongs here, such as ${kinds.example}`;
  return [
    { ...unknownKey([...path, key], []), fix: meant === undefined ? belongs : `did you mean '${meant}'?` },
  ];
}

/** The keys of a map, or none for any other value. */
function keysAt(data: unknown, path: Path): readonly string[] {
  const value = valueAt(data, path);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
}

export function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (node, step) =>
      typeof node === 'object' && node !== null && Object.hasOwn(node, step)
        ? (node as Record<PropertyKey, unknown>)[step]
        : undefined,
    data,
  );
}
