/** Verifies a lab, and collects everything that a report shows. */
import type { Captured } from '../../core/probe.js';
import type { Lab } from '../../model/lab.js';
import type { Session } from '../../transport/session.js';
import type { MeshHosts, MeshReport } from '../../verify/mesh/run.js';
import { meshHostsOf, verifyMesh } from '../../verify/mesh/run.js';
import type { Proof } from '../../verify/proof.js';
import { proofsOf } from '../../verify/proof.js';
import type { Report } from '../../verify/report.js';
import type { VerifyOptions } from '../../verify/run.js';
import { examineLab } from '../../verify/run.js';
import type { NatStatus } from '../status.js';
import { statusOf } from '../status.js';
import type { TraceRequest, TraceResult } from '../trace/result.js';
import type { CheckTrace } from './traces.js';
import { tracesOf } from './traces.js';
import type { Versions } from './versions.js';
import { versionsOf } from './versions.js';

/** What identifies a run to a reader. */
export type RunAbout = {
  readonly lab: Lab;
  /** The topology file; empty for a lab made from data. */
  readonly file: string;
  /** ISO 8601. */
  readonly started: string;
  readonly versions: Versions;
};

export type CheckedRun = RunAbout & {
  readonly report: Report;
  /** In the order of the verdicts. */
  readonly proofs: readonly Proof[];
  /** The packets that the rules of each NAT mapping counted during the run. */
  readonly nat: readonly NatStatus[];
  readonly captured: readonly Captured[];
  /** By the id of a failed check. */
  readonly traces: ReadonlyMap<string, CheckTrace>;
};

/** Traces a packet; undefined where failed checks are not traced. */
export type Tracer = (request: TraceRequest) => Promise<TraceResult>;

export type MeshedRun = RunAbout & { readonly mesh: MeshReport; readonly meshHosts: MeshHosts };

export type LabAbout = { readonly lab: Lab; readonly file: string; readonly driver: string };

export async function collectChecks(
  { lab, file, driver }: LabAbout,
  session: Session,
  options: VerifyOptions,
  tracer?: Tracer,
): Promise<CheckedRun> {
  const started = new Date().toISOString();
  const versions = await versionsOf(lab, driver, session);
  const before = await statusOf(lab, session);
  const examined = await examineLab(lab, session, options);
  const after = await statusOf(lab, session);
  const proofs = proofsOf(lab, examined);
  return {
    lab,
    file,
    started,
    versions,
    report: examined.report,
    proofs,
    nat: metSince(before.nat, after.nat),
    captured: examined.captured,
    traces: tracer ? await tracesOf(proofs, tracer) : new Map<string, CheckTrace>(),
  };
}

export async function collectMesh({ lab, file, driver }: LabAbout, session: Session): Promise<MeshedRun> {
  const started = new Date().toISOString();
  const versions = await versionsOf(lab, driver, session);
  const mesh = await verifyMesh(lab, session);
  return { lab, file, started, versions, mesh, meshHosts: meshHostsOf(lab) };
}

/** The difference of the counters between two readings, which have the same rules in the same order. */
const metSince = (before: readonly NatStatus[], after: readonly NatStatus[]): NatStatus[] =>
  after.map((nat, at) => ({
    ...nat,
    rules: nat.rules.map((rule, index) => {
      const old = before[at]?.rules[index];
      const isSame = old?.rule === rule.rule && old.packets <= rule.packets;
      return isSame ? { ...rule, packets: rule.packets - old.packets, bytes: rule.bytes - old.bytes } : rule;
    }),
  }));
