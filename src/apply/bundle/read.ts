/** Reads the files of a bundle that are compared. The bundle is untrusted. */
import * as z from 'zod';
import type { Files } from '../../transport/archive.js';

const verdicts = z.object({
  verdicts: z.array(z.object({ id: z.string(), status: z.enum(['pass', 'fail', 'error']) })),
});
const versions = z.object({
  labnet: z.string(),
  node: z.string(),
  system: z.string(),
  driver: z.string(),
  machines: z.array(z.object({ programs: z.record(z.string(), z.string()) })),
});

/** @throws RangeError, SyntaxError */
export function readVerdicts(files: Files): Map<string, string> {
  const found = read(files, 'verdicts.json', verdicts);
  return new Map(found.verdicts.map(({ id, status }) => [id, status]));
}

export function readVersions(files: Files): Map<string, string> {
  const { machines, labnet, node, system, driver } = read(files, 'versions.json', versions);
  const programs = [...new Set(machines.flatMap((one) => Object.keys(one.programs)))];
  return new Map([
    ...Object.entries({ labnet, node, system, driver }),
    ...programs.map((program): [string, string] => [
      program,
      [...new Set(machines.map((one) => one.programs[program] ?? ''))].sort().join(', '),
    ]),
  ]);
}

function read<T>(files: Files, path: string, schema: z.ZodType<T>): T {
  const found = schema.safeParse(JSON.parse(files.get(path)?.toString('utf8') ?? 'null'));
  if (!found.success) throw new RangeError(`${path} in it is not what labnet writes`);
  return found.data;
}
