/** Runs all checks of a lab at once, judges each, and looks for the cause of what failed. */
import type { Output } from '../core/command.js';
import { monotonic } from '../core/monotonic.js';
import { inPhase, phase } from '../core/phases.js';
import type { Captured, TestOutcome, TestRun } from '../core/probe.js';
import type { Lab, WrittenCheck } from '../model/lab.js';
import { readLinkProbe } from '../transport/assets.js';
import type { Session } from '../transport/session.js';
import { allowForLoss } from './allowance.js';
import { connect } from './checks/connect.js';
import { denied } from './checks/denied.js';
import { path } from './checks/path.js';
import type { Check, Evidence, Judgement } from './check.js';
import { findCause } from './cause.js';
import { crowded } from './crowded.js';
import { deriveChecks, withoutAway } from './derive.js';
import type { LinkPair } from './link/expect.js';
import type { LinkMeasured } from './link/judge.js';
import { measureLinks } from './link/measure.js';
import { planTalks } from './nat/plan.js';
import type { Report, Verdict } from './report.js';
import type { TrafficPlan } from './traffic.js';
import { evidenceOf, planTraffic } from './traffic.js';
import { refuseUnknown } from './kinds.js';

/** The search takes time, one cause after the other; the first failures usually explain the rest. */
const CAUSES_AT_MOST = 8;

export type VerifyOptions = {
  readonly kinds?: readonly string[] | undefined;
  /** Only these checks, instead of those of the topology. */
  readonly checks?: readonly WrittenCheck[] | undefined;
  /** Machines that are switched off, and neither send nor listen. */
  readonly away?: ReadonlySet<string> | undefined;
};

/** The kinds that written checks become. */
const WRITTEN: readonly string[] = [connect.kind, denied.kind, path.kind];

export const verifyLab = async (lab: Lab, session: Session, options: VerifyOptions = {}): Promise<Report> =>
  (await examineLab(lab, session, options)).report;

/** A report with all its evidence. */
export type Examined = {
  readonly report: Report;
  /** In the order of the verdicts. */
  readonly checks: readonly Check[];
  readonly judgements: readonly Judgement[];
  readonly evidence: (check: number) => Evidence;
  readonly captured: readonly Captured[];
};

export async function examineLab(
  whole: Lab,
  session: Session,
  { checks: asked, kinds = asked && WRITTEN, away = new Set() }: VerifyOptions = {},
): Promise<Examined> {
  if (kinds) refuseUnknown(kinds);
  const started = monotonic();
  const lab = asked ? { ...whole, checks: asked } : whole;
  const checks = inPhase('derive', () =>
    allowForLoss(
      lab,
      deriveChecks(lab).filter(({ kind }) => kinds?.includes(kind) ?? true),
    ).map((check) => withoutAway(check, away)),
  );
  const planned = inPhase('derive', () => planTraffic(checks));
  const { outcome, refused, evidence } = await gather(checks, planned, session);
  const before = phase('judge');
  const judgements = checks.map((check, index) =>
    crowded(withCaptureErrors(check.judge(evidence(index)), check, outcome), refused),
  );
  const isWhole = away.size === 0;
  const verdicts = await explained(lab, session, checks, judgements, isWhole);
  phase(before);
  const passed = verdicts.filter(({ status }) => status === 'pass').length;
  const report = {
    lab: lab.name,
    duration: Math.round(monotonic() - started),
    passed,
    failed: verdicts.length - passed,
    verdicts,
  };
  return { report, checks, judgements, evidence, captured: outcome.captured };
}

async function explained(
  lab: Lab,
  session: Session,
  checks: readonly Check[],
  judgements: readonly Judgement[],
  isWhole: boolean,
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  let searched = 0;
  for (const [index, check] of checks.entries()) {
    const judgement = judgements[index];
    if (!judgement) continue;
    // The search needs machines that may be switched off.
    const isUnclear = isWhole && judgement.status === 'fail' && judgement.cause === undefined;
    const wantsCause = isUnclear && searched++ < CAUSES_AT_MOST;
    const cause = wantsCause ? await findCause(lab, session, check, judgement) : undefined;
    verdicts.push(verdictOf(check, judgement, cause));
  }
  return verdicts;
}

type Gathered = {
  readonly outcome: TestOutcome;
  /** How often the kernel had no room for a neighbour meanwhile. */
  readonly refused: number;
  readonly evidence: (check: number) => Evidence;
};

/** Sends all probes, holds all dialogues and runs all commands of the checks at the same time; then measures links. */
export async function gather(
  checks: readonly Check[],
  planned: TrafficPlan,
  session: Session,
): Promise<Gathered> {
  const before = session.refusedNeighbours?.();
  const talks = planTalks(checks);
  const commands = checks.flatMap(({ commands: asked = [] }, check) =>
    asked.map((command) => ({ check, command })),
  );
  const [outcome, outcomes, outputs] = await Promise.all([
    isEmpty(planned.run) ? NOTHING : session.test(planned.run),
    talks.dialogues.length === 0 ? [] : session.converse(talks.dialogues),
    commands.length === 0 ? [] : session.run(commands.map(({ command }) => command)),
  ]);
  const pairs = checks.flatMap(({ link }) => link ?? []);
  const links =
    pairs.length === 0 ? [] : await measureLinks(pairs, (some) => session.run(some), readLinkProbe());
  const measured = new Map(pairs.map((pair, index) => [pair, links[index] ?? {}]));
  const measuredOf = (pair: LinkPair | undefined): LinkMeasured => (pair && measured.get(pair)) ?? {};
  const seen = evidenceOf(planned, outcome);
  const talked = talks.talkedIn(outcomes);
  const outputOf = (check: number, index: number): Output =>
    outputs.filter((_, at) => commands[at]?.check === check)[index] ?? NO_OUTPUT;
  const after = session.refusedNeighbours?.();
  return {
    outcome,
    refused: before === undefined || after === undefined ? 0 : after - before,
    evidence: (check) => ({
      ...seen(check),
      talked: (index) => talked(check, index),
      output: (index) => outputOf(check, index),
      link: () => measuredOf(checks[check]?.link),
    }),
  };
}

const isEmpty = ({ probes, listeners, captures }: TestRun): boolean =>
  probes.length + listeners.length + captures.length === 0;

const NO_OUTPUT: Output = { exitCode: null, stdout: '', stderr: '', timedOut: false, error: 'not asked' };

/** Adds the errors of captures to the evidence, as judges only know that a capture is incomplete. */
function withCaptureErrors(judgement: Judgement, { captures }: Check, { captured }: TestOutcome): Judgement {
  if (judgement.status !== 'error') return judgement;
  const lines = captured
    .filter(({ machine, error }) => error !== undefined && captures.includes(machine))
    .map(({ machine, error = '' }) => `${machine}: capture: ${error}`);
  return { ...judgement, evidence: [...judgement.evidence, ...lines] };
}

const NOTHING: TestOutcome = { results: [], listeners: [], captured: [] };

function verdictOf(
  { id, kind, expectation, line }: Check,
  judgement: Judgement,
  found: { cause: string; evidence: readonly string[] } | undefined,
): Verdict {
  const cause = judgement.cause ?? found?.cause;
  return {
    id,
    kind,
    status: judgement.status,
    expectation,
    observed: judgement.observed,
    ...(cause !== undefined && { cause }),
    evidence: [...judgement.evidence, ...(found?.evidence ?? [])],
    ...(line !== undefined && { line }),
  };
}
