/** Resolves a written scenario, for a lab, values and a seed, to a schedule, or to all its mistakes. */
import { circlesOf } from '../core/circles.js';
import type { Diagnostic, DiagnosticCode } from '../core/diagnostic.js';
import { isError } from '../core/diagnostic.js';
import { NAME } from '../core/name.js';
import { didYouMean } from '../core/suggest.js';
import type { Lab } from '../model/lab.js';
import { Enough, Findings } from '../model/findings.js';
import type { Readable } from '../model/resolve.js';
import type { Path } from '../topology/source.js';
import type { Values } from '../topology/values.js';
import { resolveChecks } from './checks.js';
import { Entry } from './entry.js';
import type { AskedCheck } from './checks.js';
import { absences } from './presence.js';
import type { ScenarioFile } from './parse.js';
import type { WrittenScenario } from './schema.js';
import { LIMITS } from './schema.js';
import type { Schedule, Step } from './step.js';
import { readTime } from './time.js';

export type Scheduling = {
  readonly topology: Readable;
  readonly lab: Lab;
  readonly values: Values;
  readonly seed: number;
};

export type Scheduled = { readonly schedule?: Schedule; readonly diagnostics: readonly Diagnostic[] };

/** Reports a mistake at a path of the file. */
export type Report = (code: DiagnosticCode, message: string, path: Path, fix: string) => void;

/** @returns the steps, where nothing is wrong */
export function scheduleOf(file: ScenarioFile, scheduling: Scheduling): Scheduled {
  const { scenario } = file;
  if (!scenario) return { diagnostics: file.diagnostics };
  const findings = new Findings(file.diagnostics);
  try {
    const steps = stepsOf(file, scenario, scheduling, findings);
    if (!findings.sorted().some(isError)) judgePresence(file, steps, findings);
    const diagnostics = findings.sorted();
    if (diagnostics.some(isError)) return { diagnostics };
    return { schedule: { steps, duration: readTime(scenario.duration ?? 0) ?? 0 }, diagnostics };
  } catch (error) {
    if (error instanceof Enough) return { diagnostics: findings.sorted() };
    throw error;
  }
}

function judgePresence({ source, timeline }: ScenarioFile, steps: readonly Step[], findings: Findings): void {
  for (const { step, code, message, fix } of absences(steps))
    findings.add(code, message, source.place([...timeline, step.entry, step.action.kind]), () => fix);
}

function stepsOf(
  { source, timeline }: ScenarioFile,
  scenario: WrittenScenario,
  { topology, lab, values, seed }: Scheduling,
  findings: Findings,
): Step[] {
  const report: Report = (code, message, path, fix) =>
    findings.add(code, message, source.place(path), () => fix);
  const asked: AskedCheck[] = [];
  const entries: Entry[] = [];
  let total = 0;
  for (const [index, written] of scenario.timeline.entries()) {
    const path = [...timeline, index];
    const context = { lab, source, findings, values: { ...values, seed }, seed, asked, report };
    const entry = new Entry(written, index, path, entries.at(-1)?.name, context);
    entries.push(entry);
    if ((total += entry.steps.length) <= LIMITS.steps) continue;
    report('too-much', `more than ${LIMITS.steps} steps`, path, "fewer 'times', or a longer 'every'");
    break;
  }
  judgeNames(entries, report);
  const { checks, diagnostics } = resolveChecks(topology, source, asked);
  for (const { code, message, at, fix } of diagnostics) if (at) findings.add(code, message, at, () => fix);
  return entries.flatMap((entry) =>
    entry.steps.map(({ asks, ...step }): Step => ({
      ...step,
      checks: asks.flatMap((one) => checks[one] ?? []),
    })),
  );
}

/** Checks how steps refer to each other. */
function judgeNames(entries: readonly Entry[], report: Report): void {
  const names = new Map<string, Entry>();
  for (const entry of entries) {
    const { name, path } = entry;
    if (entry.isNamed && !NAME.test(name))
      report(
        'bad-name',
        `'${name}' is no name`,
        [...path, 'name'],
        'a letter, then letters, digits and hyphens',
      );
    else if (names.has(name))
      report('duplicate-name', `there is a step '${name}' before`, [...path, 'name'], 'rename one of them');
    else names.set(name, entry);
  }
  const known = [...names.keys()];
  for (const { after, path, ends } of entries) {
    if (after !== undefined && !names.has(after))
      report(
        'unknown-step',
        `there is no step '${after}'`,
        [...path, 'after'],
        didYouMean(after, known, 'steps'),
      );
    for (const one of ends) judgeEnd(names, one, report);
  }
  judgeCircles(entries, names, report);
}

function judgeEnd(
  names: ReadonlyMap<string, Entry>,
  { name, path }: { name: string; path: Path },
  report: Report,
): void {
  if (names.get(name)?.isOngoing === true) return;
  const ongoing = [...names.values()].filter(({ isOngoing }) => isOngoing).map((one) => one.name);
  const fix =
    ongoing.length > 0
      ? didYouMean(name, ongoing, 'steps that go on')
      : "give a capture, a series or a program in the background a 'name'";
  const message = names.has(name)
    ? `step '${name}' does not go on: there is nothing to end`
    : `there is no step '${name}'`;
  report('unknown-step', message, path, fix);
}

/** A step may wait for one below it, if that one does not wait for it in turn. */
function judgeCircles(entries: readonly Entry[], names: ReadonlyMap<string, Entry>, report: Report): void {
  const next = ({ waitsFor }: Entry): Entry | undefined =>
    waitsFor === undefined ? undefined : names.get(waitsFor);
  for (const circle of circlesOf(entries, next)) {
    const [first] = circle;
    if (!first) continue;
    const text = [...circle, first].map(({ name }) => name).join(', which waits for ');
    report('step-circle', text, [...first.path, 'after'], "give one of them an 'at'");
  }
}
