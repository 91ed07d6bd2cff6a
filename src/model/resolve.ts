/** Topology to Lab: an ordered list of passes over one draft. What is wrong is reported, and the rest goes on. */
import type { Diagnostic } from '../core/diagnostic.js';
import { diagnostic, isError } from '../core/diagnostic.js';
import { PrefixTable } from '../core/ip.js';
import type { Parsed } from '../topology/parse.js';
import type { Topology } from '../topology/schema.js';
import type { Draft, Pass, Report } from './draft.js';
import { checkName, expandSegments } from './passes/segments.js';
import { expandMachines } from './passes/machines.js';
import { attachMachines } from './passes/interfaces.js';
import { assignAddresses } from './passes/addresses.js';
import { resolveNat } from './passes/nat.js';
import { chooseGateways } from './passes/gateways.js';
import { readRoutes } from './passes/routes.js';
import { readChecks } from './passes/checks.js';
import { findOverlaps } from './passes/overlaps.js';
import { warnOfSpace } from './passes/space.js';
import type { Lab } from './lab.js';
import { toLab } from './finish.js';
import { withRoutes } from './routes.js';

const PASSES: readonly Pass[] = [
  expandSegments,
  expandMachines,
  attachMachines,
  assignAddresses,
  resolveNat,
  chooseGateways,
  readRoutes,
  readChecks,
  findOverlaps,
  warnOfSpace,
];

export type Resolved = { readonly lab?: Lab; readonly diagnostics: readonly Diagnostic[] };

/** The lab a file means, where it has no errors; in any case everything there is to say about it. */
export function resolve({ topology, source, damaged, diagnostics }: Parsed): Resolved {
  if (!topology) return { diagnostics: sortByPlace(diagnostics) };
  const found: Diagnostic[] = [...diagnostics];
  const report: Report = (code, message, path, more = {}) => {
    found.push(diagnostic(code, message, { at: source.place(path, more.part), fix: more.fix }));
  };
  const draft = newDraft(topology, report, new Set(damaged), (path) => source.line(path));
  checkName(draft, topology.name, ['name'], 'value');
  for (const pass of PASSES) pass(draft);
  const sorted = sortByPlace(found);
  if (sorted.some(isError)) return { diagnostics: sorted };
  return { lab: withRoutes(toLab(draft, source.file)), diagnostics: sorted };
}

function newDraft(topology: Topology, report: Report, damaged: Set<string>, line: Draft['line']): Draft {
  return {
    topology,
    report,
    damaged,
    line,
    segments: new Map(),
    segmentAt: new PrefixTable(),
    machines: new Map(),
    segmentGroups: new Map(),
    machineGroups: new Map(),
    checks: [],
    poolCursors: new Map(),
  };
}

/** Nobody reads more; a file that is no topology at all may earn one for every line. */
const KEPT = 1000;

/** In the order of the file, and nothing twice: the members of a counted machine, told apart by a number, all complain. */
function sortByPlace(found: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  const unique = found.filter(({ code, message, at }) => {
    const key = `${code} ${at?.line ?? 0}:${at?.column ?? 0} ${message.replace(/\d+/g, '')}`;
    return !seen.has(key) && seen.add(key);
  });
  const sorted = unique.sort(
    (a, b) => (a.at?.line ?? 0) - (b.at?.line ?? 0) || (a.at?.column ?? 0) - (b.at?.column ?? 0),
  );
  return sorted.slice(0, KEPT);
}
