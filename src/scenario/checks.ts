/** Resolves the checks of steps like those of a topology, with places in the scenario. */
import type { Diagnostic } from '../core/diagnostic.js';
import { isError } from '../core/diagnostic.js';
import type { WrittenCheck } from '../model/lab.js';
import type { Readable } from '../model/resolve.js';
import { resolve } from '../model/resolve.js';
import type { WrittenCheck as Written } from '../topology/schema.js';
import type { Path, Source } from '../topology/source.js';

export type AskedCheck = { readonly written: Written; readonly path: Path };

/** @returns for each that is asked for those it means: one, or one for each member of a counted machine */
export function resolveChecks(
  topology: Readable,
  source: Source,
  asked: readonly AskedCheck[],
): { readonly checks: readonly (readonly WrittenCheck[])[]; readonly diagnostics: readonly Diagnostic[] } {
  if (asked.length === 0 || !topology.topology) return { checks: [], diagnostics: [] };
  const own = ([kind, index, ...rest]: Path): Path | undefined =>
    kind === 'checks' ? [...(asked[Number(index)]?.path ?? []), ...rest] : undefined;
  const places: Readable['source'] = {
    file: topology.source.file,
    place: (path, part) => {
      const here = own(path);
      return here ? source.place(here, part) : topology.source.place(path, part);
    },
    // Identifies the check below.
    line: (path) => (path[0] === 'checks' ? Number(path[1]) + 1 : topology.source.line(path)),
  };
  const checks = asked.map(({ written }) => written);
  const { lab, diagnostics } = resolve({
    ...topology,
    source: places,
    topology: { ...topology.topology, checks },
    diagnostics: [],
  });
  const found = asked.map(({ path }, index) =>
    (lab?.checks ?? [])
      .filter(({ line }) => line === index + 1)
      .map((one) => ({ ...one, line: source.line(path) })),
  );
  return { checks: found, diagnostics: diagnostics.filter(isError) };
}
