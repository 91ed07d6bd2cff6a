/** The manifest of a bundle, which is its first file. */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { badInput } from '../../core/errors.js';
import type { LabnetError } from '../../core/errors.js';
import type { Files } from '../../transport/archive.js';

const MANIFEST = 'manifest.json';
const VERSION = 1;
export const BUNDLE_MARK = '"schema": "labnet.bundle/';

const manifest = z.object({
  schema: z.literal(`labnet.bundle/${VERSION}`),
  lab: z.string(),
  /** The topology file's base name. */
  file: z
    .string()
    .regex(/^[^/\u0000-\u001f]{1,200}$/)
    .refine((name) => name !== '.' && name !== '..'),
  created: z.iso.datetime(),
  driver: z.string(),
  /** The kinds of check that the run was limited to; default: all. */
  kinds: z.array(z.string()).optional(),
  /** Provision scripts: the path of each in the bundle, and its path in the topology. */
  scripts: z.array(z.object({ path: z.string(), name: z.string() })),
  /** What could not be included, and why. */
  notes: z.array(z.string()),
  files: z.array(z.object({ path: z.string(), size: z.int(), sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
});

export type Manifest = Readonly<z.infer<typeof manifest>>;
export type BundleAbout = Omit<Manifest, 'schema' | 'files'>;

/** A whole bundle: its manifest first. */
export function withManifest(about: BundleAbout, files: Files): Files {
  const whole: Manifest = {
    schema: `labnet.bundle/${VERSION}`,
    ...about,
    files: [...files].map(([path, data]) => ({ path, size: data.length, sha256: hashOf(data) })),
  };
  return new Map([[MANIFEST, Buffer.from(`${JSON.stringify(whole, null, 1)}\n`)], ...files]);
}

/**
 * Reads the manifest of an unpacked bundle, and checks that all files match it and no other file is there.
 * @throws LabnetError bundle-refused, bundle-newer
 */
export function readManifest(shown: string, files: Files): Manifest {
  const found = parsed(shown, files.get(MANIFEST));
  const wrong = found.files.find(({ path, size, sha256 }) => {
    const data = files.get(path);
    return data?.length !== size || hashOf(data) !== sha256;
  });
  if (wrong) throw refused(shown, `${wrong.path} in it is not what its manifest says`);
  const known = new Set(found.files.map(({ path }) => path));
  const other = [...files.keys()].find((path) => path !== MANIFEST && !known.has(path));
  if (other !== undefined) throw refused(shown, `${other} in it is not in its manifest`);
  return found;
}

function parsed(shown: string, data: Buffer | undefined): Manifest {
  if (!data) throw refused(shown, 'it has no manifest.json');
  let value: unknown;
  try {
    value = JSON.parse(data.toString('utf8'));
  } catch {
    throw refused(shown, 'its manifest.json is no JSON');
  }
  const schema = (value as { schema?: unknown } | null)?.schema;
  const version = /^labnet\.bundle\/(\d+)$/.exec(typeof schema === 'string' ? schema : '')?.[1];
  if (version !== undefined && Number(version) > VERSION)
    throw badInput(
      'bundle-newer',
      `${shown} was made by a newer labnet (${String(schema)})`,
      'replay it with that version or a newer one',
    );
  const found = manifest.safeParse(value);
  if (found.success) return found.data;
  const [issue] = found.error.issues;
  throw refused(shown, `its manifest.json is none: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}

export const refused = (shown: string, why: string): LabnetError =>
  badInput(
    'bundle-refused',
    `${shown} cannot be replayed: ${why}`,
    "make a bundle with 'labnet verify --bundle FILE', and do not change it",
  );

const hashOf = (data: Buffer): string => createHash('sha256').update(data).digest('hex');
