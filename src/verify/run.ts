/** Runs all checks of a lab at once, judges each, and looks for the cause of what failed. */
import { randomInt } from 'node:crypto';
import type { Output } from '../core/command.js';
import { inPhase, phase } from '../core/phases.js';
import type { Captured, Listener, Probe, TestOutcome, TestRun } from '../core/probe.js';
import type { Lab, WrittenCheck } from '../model/lab.js';
import { viewOf } from '../model/view.js';
import { readLinkProbe } from '../transport/assets.js';
import type { Session } from '../transport/session.js';
import { connect } from './checks/connect.js';
import { denied } from './checks/denied.js';
import { CHECK_KINDS } from './checks/index.js';
import { path } from './checks/path.js';
import type { Check, Evidence, Judgement } from './check.js';
import { findCause } from './cause.js';
import type { LinkPair } from './link/expect.js';
import type { LinkMeasured } from './link/judge.js';
import { measureLinks } from './link/measure.js';
import { planTalks } from './nat/plan.js';
import type { Report, Verdict } from './report.js';
import type { SeenPacket } from './tcpdump.js';
import { refuseUnknown } from './kinds.js';
import { readTcpdump } from './tcpdump.js';

/** Causes are looked for one after the other; of more failures than this the first tell enough. */
const CAUSES_AT_MOST = 8;

export type VerifyOptions = {
  readonly kinds?: readonly string[] | undefined;
  /** Instead of all that follows from the topology: these alone. */
  readonly checks?: readonly WrittenCheck[] | undefined;
  /** Machines that are switched off: nothing is sent from there, and nobody listens. */
  readonly away?: ReadonlySet<string> | undefined;
};

/** The kinds that written checks become. */
const WRITTEN: readonly string[] = [connect.kind, denied.kind, path.kind];

export const verifyLab = async (lab: Lab, session: Session, options: VerifyOptions = {}): Promise<Report> =>
  (await examineLab(lab, session, options)).report;

/** A report with all that it was judged by. */
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
  const started = performance.now();
  const lab = asked ? { ...whole, checks: asked } : whole;
  const checks = inPhase('derive', () =>
    deriveChecks(lab)
      .filter(({ kind }) => kinds?.includes(kind) ?? true)
      .map((check) => withoutAway(check, away)),
  );
  const planned = inPhase('derive', () => planRun(checks));
  const { outcome, evidence } = await gather(checks, planned, session);
  const before = phase('judge');
  const judgements = checks.map((check, index) =>
    withCaptureErrors(check.judge(evidence(index)), check, outcome),
  );
  const verdicts = await explained(lab, session, checks, judgements, away.size === 0);
  phase(before);
  const passed = verdicts.filter(({ status }) => status === 'pass').length;
  const report = {
    lab: lab.name,
    duration: Math.round(performance.now() - started),
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
    // The search asks machines that may be switched off.
    const isUnclear = isWhole && judgement.status === 'fail' && judgement.cause === undefined;
    const wantsCause = isUnclear && searched++ < CAUSES_AT_MOST;
    const cause = wantsCause ? await findCause(lab, session, check, judgement) : undefined;
    verdicts.push(verdictOf(check, judgement, cause));
  }
  return verdicts;
}

function withoutAway(check: Check, away: ReadonlySet<string>): Check {
  if (away.size === 0) return check;
  const sender = check.probes.find(({ machine }) => away.has(machine))?.machine;
  const isThere = ({ machine }: { readonly machine: string }): boolean => !away.has(machine);
  const there = {
    ...check,
    listeners: check.listeners.filter(isThere),
    captures: check.captures.filter((machine) => !away.has(machine)),
  };
  if (sender === undefined) return there;
  const judge = (): Judgement => ({
    status: 'fail',
    observed: `${sender} is stopped`,
    evidence: [],
    cause: `${sender} is stopped`,
  });
  const { id, kind, expectation, line } = check;
  return {
    id,
    kind,
    expectation,
    ...(line !== undefined && { line }),
    probes: [],
    listeners: [],
    captures: [],
    judge,
  };
}

/** All that is sent, said and asked, at the same time. */
export async function gather(
  checks: readonly Check[],
  planned: Planned,
  session: Session,
): Promise<{ readonly outcome: TestOutcome; readonly evidence: (check: number) => Evidence }> {
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
  return {
    outcome,
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

/** Why a capture proves nothing is known to who made it, and to none of the judges. */
function withCaptureErrors(judgement: Judgement, { captures }: Check, { captured }: TestOutcome): Judgement {
  if (judgement.status !== 'error') return judgement;
  const lines = captured
    .filter(({ machine, error }) => error !== undefined && captures.includes(machine))
    .map(({ machine, error = '' }) => `${machine}: capture: ${error}`);
  return { ...judgement, evidence: [...judgement.evidence, ...lines] };
}

const NOTHING: TestOutcome = { results: [], listeners: [], captured: [] };

/** Every check the lab asks for, each with an id of its own. */
export function deriveChecks(lab: Lab): Check[] {
  const used = new Map<string, number>();
  return CHECK_KINDS.flatMap(({ derive }) => derive(viewOf(lab))).map((check) => {
    const times = (used.get(check.id) ?? 0) + 1;
    used.set(check.id, times);
    return times === 1 ? check : { ...check, id: `${check.id}#${times}` };
  });
}

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

type Planned = {
  readonly run: TestRun;
  /** The id of each check's first probe: the others follow. */
  readonly firstProbe: readonly number[];
  readonly listenerOf: (check: number, index: number) => number;
};

/** All checks' traffic as one run; a port or a capture that several want is there once. */
export function planRun(checks: readonly Check[]): Planned {
  const probes: Probe[] = [];
  const listeners = new Map<string, { index: number; listener: Listener }>();
  const firstProbe = checks.map((check) => {
    const first = probes.length;
    for (const probe of check.probes) probes.push({ ...probe, id: probes.length });
    for (const listener of check.listeners) {
      const key = listenerKey(listener);
      if (!listeners.has(key)) listeners.set(key, { index: listeners.size, listener });
    }
    return first;
  });
  const captures = [...new Set(checks.flatMap((check) => check.captures))];
  return {
    run: {
      run: randomInt(2 ** 32 - 1),
      probes,
      listeners: [...listeners.values()].map(({ listener }) => listener),
      captures,
    },
    firstProbe,
    listenerOf: (check, index) => {
      const listener = checks[check]?.listeners[index];
      return (listener && listeners.get(listenerKey(listener))?.index) ?? -1;
    },
  };
}

const listenerKey = ({ machine, protocol, port }: Listener): string => `${machine} ${protocol}/${port}`;

export function evidenceOf(
  { run, firstProbe, listenerOf }: Planned,
  outcome: TestOutcome,
): (check: number) => Omit<Evidence, 'talked' | 'output' | 'link'> {
  const captures = new Map<string, { packets: readonly SeenPacket[]; complete: boolean }>();
  const byProbe = new Map<string, SeenPacket[]>();
  for (const { machine, text, complete } of outcome.captured) {
    const packets = readTcpdump(text);
    captures.set(machine, { packets, complete });
    for (const packet of packets) {
      if (packet.mark?.run !== run.run || packet.direction !== 'in' || isReply(packet)) continue;
      const key = `${machine} ${packet.mark.id}`;
      const known = byProbe.get(key);
      if (known) known.push(packet);
      else byProbe.set(key, [packet]);
    }
  }
  return (check) => {
    const first = firstProbe[check] ?? 0;
    return {
      result: (probe) => outcome.results[first + probe] ?? { id: first + probe, sent: 0, replies: [] },
      arrived: (machine, probe) => byProbe.get(`${machine} ${first + probe}`) ?? [],
      capture: (machine) =>
        captures.get(machine)?.complete === true ? captures.get(machine)?.packets : undefined,
      listener: (index) => outcome.listeners[listenerOf(check, index)] ?? 'failed',
    };
  };
}

const ECHO_REPLIES: readonly (number | undefined)[] = [0, 129];
const isReply = ({ protocol, type }: SeenPacket): boolean =>
  protocol === 'icmp' && ECHO_REPLIES.includes(type);
