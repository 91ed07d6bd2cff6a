/** The data of a report, in any format: a run of checks, or of a mesh, whose hosts are treated as checks. */
import type { CheckedRun, MeshedRun, RunAbout } from '../apply/report/collect.js';
import type { CheckTrace } from '../apply/report/traces.js';
import type { NatStatus } from '../apply/status.js';
import { count } from '../core/text.js';
import type { Proof } from '../verify/proof.js';
import type { Report, Verdict } from '../verify/report.js';
import { groupBy } from '../core/group-by.js';
import { PLAIN } from './style.js';
import { traceText } from './trace.js';
import type { Matrix } from './matrix.js';
import { checksMatrix, meshMatrix } from './matrix.js';

export type Run = RunAbout & {
  readonly report: Report;
  /** In the order of the verdicts; empty for a mesh. */
  readonly proofs: readonly Proof[];
  readonly nat: readonly NatStatus[];
  readonly matrix: Matrix;
  /** Traces of failed checks as text, by the id of the check. */
  readonly traces: ReadonlyMap<string, string>;
  /** The machines that traces found to be the cause. */
  readonly culprits: ReadonlySet<string>;
  /** For a mesh: the machines that did not answer, by the id of the check. */
  readonly lost: ReadonlyMap<string, readonly string[]>;
};

export const runOfChecks = (run: CheckedRun): Run => ({
  ...run,
  matrix: checksMatrix(run.lab, run.proofs),
  traces: new Map([...run.traces].map(([id, trace]) => [id, traceLines(trace)])),
  culprits: new Set(
    [...run.traces.values()].flatMap((trace) => ('error' in trace ? [] : (trace.cause?.machine ?? []))),
  ),
  lost: new Map(),
});

export function runOfMesh(run: MeshedRun): Run {
  const verdicts = meshVerdicts(run);
  const passed = verdicts.filter(({ status }) => status === 'pass').length;
  const { lab, duration } = run.mesh;
  return {
    ...run,
    report: { lab, duration, passed, failed: verdicts.length - passed, verdicts },
    proofs: [],
    nat: [],
    matrix: meshMatrix(run),
    traces: new Map(),
    culprits: new Set(),
    lost: new Map(
      [...groupBy(run.mesh.lostPairs, ({ from }) => `mesh/${from}`)].map(([id, pairs]) => [
        id,
        pairs.map(({ to }) => to),
      ]),
    ),
  };
}

const traceLines = (trace: CheckTrace): string =>
  'error' in trace ? `it could not be traced: ${trace.error}` : traceText(trace, PLAIN);

function meshVerdicts({ mesh, meshHosts }: MeshedRun): Verdict[] {
  const lostBy = groupBy(mesh.lostPairs, ({ from }) => from);
  const isWhole = mesh.lost <= mesh.lostPairs.length;
  return meshHosts.map(({ machine, asks }): Verdict => {
    const lost = lostBy.get(machine) ?? [];
    const about = {
      id: `mesh/${machine}`,
      kind: 'mesh',
      expectation: `${machine} reaches ${count(asks.length, 'other host')}`,
      evidence: lost.map(({ to, address }) => `${machine} -> ${to} (${address}): no answer`),
    };
    if (lost.length > 0)
      return {
        ...about,
        status: 'fail',
        observed: `${asks.length - lost.length} of ${asks.length} answered`,
      };
    return isWhole
      ? { ...about, status: 'pass', observed: `${asks.length} of ${asks.length} answered` }
      : { ...about, status: 'error', observed: 'unclear: more pairs were lost than are listed' };
  });
}
