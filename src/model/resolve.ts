/** Topology to Lab: an ordered list of passes over one draft. Passes report errors and go on with the rest. */
import type { Diagnostic } from '../core/diagnostic.js';
import { isError } from '../core/diagnostic.js';
import { PrefixTable } from '../core/ip.js';
import { spending } from './effort.js';
import { Enough, Findings } from './findings.js';
import type { Parsed } from '../topology/parse.js';
import type { Topology } from '../topology/schema.js';
import type { Draft, Pass, Report } from './draft.js';
import { checkName, expandSegments } from './passes/segments.js';
import { expandMachines } from './passes/machines.js';
import { readLinks } from './passes/links.js';
import { attachMachines } from './passes/interfaces.js';
import { assignAddresses } from './passes/addresses.js';
import { resolveNat } from './passes/nat.js';
import { chooseGateways } from './passes/gateways.js';
import { readRoutes } from './passes/routes.js';
import { readChecks } from './passes/checks.js';
import { findCircles } from './passes/circles.js';
import { findContradictions } from './passes/contradictions.js';
import { findOverlaps } from './passes/overlaps.js';
import { warnOfSpace } from './passes/space.js';
import type { Lab } from './lab.js';
import { toLab } from './finish.js';
import { withRoutes } from './routes.js';

const PASSES: readonly Pass[] = [
  expandSegments,
  expandMachines,
  attachMachines,
  readLinks,
  assignAddresses,
  resolveNat,
  chooseGateways,
  readRoutes,
  findCircles,
  readChecks,
  findContradictions,
  findOverlaps,
  warnOfSpace,
];

export type Resolved = { readonly lab?: Lab; readonly diagnostics: readonly Diagnostic[] };

/** A parsed topology, with the places of its parts. */
export type Readable = Omit<Parsed, 'source'> & {
  readonly source: Pick<Parsed['source'], 'file' | 'place' | 'line'>;
};

/** The lab of a file, if it has no errors, and all diagnostics. */
export function resolve({ topology, source, damaged, diagnostics }: Readable): Resolved {
  const found = new Findings(diagnostics);
  if (!topology) return { diagnostics: found.sorted() };
  const report: Report = (code, message, path, { fix, part } = {}) => {
    const at = source.place(path, part);
    found.add(code, message, at, () => (typeof fix === 'function' ? fix() : fix));
  };
  const draft = newDraft(topology, report, new Set(damaged), (path) => source.line(path));
  checkName(draft, topology.name, ['name'], 'value');
  try {
    for (const pass of PASSES) pass(draft);
    if (found.sorted().some(isError)) return { diagnostics: found.sorted() };
    const lab = withRoutes(toLab(draft, source.file), (effort) => draft.spend(effort, ['routers']));
    return { lab, diagnostics: found.sorted() };
  } catch (error) {
    if (error instanceof Enough) return { diagnostics: found.sorted() };
    throw error;
  }
}

function newDraft(topology: Topology, report: Report, damaged: Set<string>, line: Draft['line']): Draft {
  return {
    topology,
    report,
    damaged,
    line,
    spend: spending(report),
    segments: new Map(),
    segmentAt: new PrefixTable(),
    machines: new Map(),
    routers: [],
    segmentGroups: new Map(),
    machineGroups: new Map(),
    checks: [],
    poolCursors: new Map(),
  };
}
