/** One entry of a timeline: its turns, each with its action, and their mistakes. */
import * as z from 'zod';
import type { DiagnosticCode } from '../core/diagnostic.js';
import type { Findings } from '../model/findings.js';
import type { Lab } from '../model/lab.js';
import { formIssues } from '../topology/issues.js';
import { unknownVariable } from '../topology/parse.js';
import type { Path, Source } from '../topology/source.js';
import type { Values } from '../topology/values.js';
import { fill } from '../topology/values.js';
import type { ActionKind, Judging } from './action.js';
import type { Action } from './actions/index.js';
import { ACTION_NAMES, ACTIONS } from './actions/index.js';
import type { AskedCheck } from './checks.js';
import { actionMeant, machineNamed } from './meant.js';
import type { Report } from './resolve.js';
import type { WrittenTiming } from './schema.js';
import { timingKeys, timingSchema } from './schema.js';
import type { Step } from './step.js';
import type { Turn } from './turns.js';
import { timeOf, turnsOf } from './turns.js';

type Context = {
  readonly lab: Lab;
  readonly source: Source;
  readonly findings: Findings;
  readonly values: Values;
  readonly seed: number;
  /** The checks of all steps so far. */
  readonly asked: AskedCheck[];
  readonly report: Report;
};

/** `asks`: indexes of its checks. */
type StepBefore = Omit<Step, 'checks'> & { readonly asks: readonly number[] };

const TIMING: readonly string[] = Object.keys(timingKeys);
/** Any value, as each action checks its own. */
const KINDS = new Map<string, ActionKind<string, z.ZodType>>(
  ACTIONS.map((kind) => [kind.kind, kind as unknown as ActionKind<string, z.ZodType>]),
);
const REPEATABLE = ACTIONS.filter((kind) => 'canRepeat' in kind).map(({ kind }) => kind);

export class Entry {
  readonly name: string;
  readonly isNamed: boolean = false;
  readonly after: string | undefined;
  /** The step it waits for: the one it names, or the one above. */
  readonly waitsFor: string | undefined;
  readonly isOngoing: boolean = false;
  /** Steps that it ends. */
  readonly ends: { readonly name: string; readonly path: Path }[] = [];
  readonly steps: readonly StepBefore[] = [];
  readonly #asked = new Map<string, number>();
  #goesOn = false;

  constructor(
    written: unknown,
    private readonly index: number,
    readonly path: Path,
    previous: string | undefined,
    private readonly context: Context,
  ) {
    this.name = `step-${index + 1}`;
    if (typeof written !== 'object' || written === null || Array.isArray(written)) {
      context.report(
        'wrong-value',
        'a step is a map',
        path,
        'such as { at: 1s, exec: { machine: HOST, run: [date] } }',
      );
      return;
    }
    const map = written as Readonly<Record<string, unknown>>;
    const kind = this.#kindOf(map);
    const timing = this.#timingOf(map);
    this.name = timing?.name ?? `${kind?.kind ?? 'step'}-${index + 1}`;
    this.isNamed = timing?.name !== undefined;
    if (!kind || !timing) return;
    this.after = timing.after;
    this.waitsFor = timing.after ?? (timing.at === undefined ? previous : undefined);
    const { seed } = context;
    const say = this.#say([]);
    const turns = turnsOf(timing, { previous, seed, salt: index, say });
    if (!turns) return;
    this.#tryChoices(timing, kind, map[kind.kind]);
    const within = timing.within === undefined ? undefined : timeOf(timing.within, ['within'], say);
    const ends = { expect: timing.expect ?? 'pass', ...(within !== undefined && { within }) };
    this.steps = this.#stepsOf(turns, kind, map[kind.kind], ends);
    this.isOngoing = this.steps.length > 0 && this.#goesOn;
  }

  #stepsOf(
    turns: readonly Turn[],
    kind: ActionKind<string, z.ZodType>,
    raw: unknown,
    ends: Pick<Step, 'expect' | 'within'>,
  ): StepBefore[] {
    const steps: StepBefore[] = [];
    for (const [turn, { start, values }] of turns.entries()) {
      const found = this.#actionOf(kind, raw, values);
      // A mistake in one turn is likely in all of them.
      if (!found || !this.#agrees(ends, kind, found.canRepeat)) break;
      const id = turns.length === 1 ? this.name : `${this.name}#${turn + 1}`;
      const { action, text, asks } = found;
      this.#goesOn ||= found.isOngoing;
      const line = this.context.source.line(this.path);
      steps.push({
        id,
        name: this.name,
        entry: this.index,
        turn: turn + 1,
        start,
        action,
        ...ends,
        text,
        line,
        asks,
      });
    }
    return steps;
  }

  #agrees({ within }: Pick<Step, 'within'>, { kind }: { kind: string }, canRepeat: boolean): boolean {
    if (within === undefined || canRepeat) return true;
    const fix = `'within' is for ${REPEATABLE.join(', ')}; not of a program in the background`;
    this.#say([])('bad-time', `'${kind}' is not tried again`, ['within'], fix);
    return false;
  }

  /** Reports mistakes below this entry. */
  #say(base: Path): (code: DiagnosticCode, message: string, path: Path, fix: string) => void {
    return (code, message, path, fix) =>
      this.context.report(code, message, [...this.path, ...base, ...path], fix);
  }

  #kindOf(map: Readonly<Record<string, unknown>>): ActionKind<string, z.ZodType> | undefined {
    const keys = Object.keys(map).filter((key) => !TIMING.includes(key));
    const unknown = keys.filter((key) => !KINDS.has(key));
    const { findings, source } = this.context;
    for (const key of unknown)
      findings.add(
        'unknown-action',
        `there is no action or key '${key}'`,
        source.place([...this.path, key], 'key'),
        () => actionMeant(key, TIMING),
      );
    if (unknown.length > 0) return undefined;
    const [key, second] = keys;
    if (key === undefined)
      this.context.report(
        'no-action',
        'the step does nothing',
        this.path,
        `add one of ${ACTION_NAMES.join(', ')}`,
      );
    else if (second !== undefined)
      this.context.report(
        'no-action',
        `'${key}' and '${second}' in one step`,
        [...this.path, second],
        'make two steps of them',
      );
    else return KINDS.get(key);
    return undefined;
  }

  #timingOf(map: Readonly<Record<string, unknown>>): WrittenTiming | undefined {
    const raw = Object.fromEntries(Object.entries(map).filter(([key]) => TIMING.includes(key)));
    const data = this.#fill(raw, this.context.values, []);
    if (data === undefined) return undefined;
    const result = timingSchema.safeParse(data);
    if (result.success) return result.data;
    this.#sayForm(result.error, data, timingSchema);
    return undefined;
  }

  #fill(raw: unknown, values: Values, base: Path): unknown {
    const { data, unknown } = fill(raw, values);
    const { source, findings } = this.context;
    for (const { name, path } of unknown) {
      const whole = unknownVariable(source, { name, path: [...this.path, ...base, ...path] }, values);
      if (whole.at) findings.add(whole.code, whole.message, whole.at, () => whole.fix);
    }
    return unknown.length > 0 ? undefined : data;
  }

  #sayForm(error: z.ZodError, data: unknown, schema: z.ZodType): void {
    const { findings, source } = this.context;
    for (const issue of formIssues(error, data, { schema, whole: 'the step' })) {
      const at = source.place([...this.path, ...issue.path], issue.part);
      findings.add(issue.code, issue.message, at, () => issue.fix);
    }
  }

  /** Every choice must be valid, whatever the seed draws. */
  #tryChoices({ choose = {}, ramp }: WrittenTiming, kind: ActionKind<string, z.ZodType>, raw: unknown): void {
    const base = Object.fromEntries(Object.entries(choose).map(([name, [first = '']]) => [name, first]));
    for (const [name, options] of Object.entries(choose))
      for (const option of options)
        if (!this.#actionOf(kind, raw, { ...(ramp && { ramp: ramp.from }), ...base, [name]: option })) return;
  }

  #actionOf(kind: ActionKind<string, z.ZodType>, raw: unknown, own: Values) {
    const data = this.#fill(raw, { ...this.context.values, ...own }, [kind.kind]);
    if (data === undefined) return undefined;
    const schema = z.strictObject({ [kind.kind]: kind.schema });
    const result = schema.safeParse({ [kind.kind]: data });
    if (!result.success) {
      this.#sayForm(result.error, { [kind.kind]: data }, schema);
      return undefined;
    }
    const value = result.data[kind.kind];
    const asks: number[] = [];
    const before = this.context.findings.sorted().length;
    kind.judge(value, this.#judging([kind.kind], asks));
    if (this.context.findings.sorted().length > before) return undefined;
    const action = { kind: kind.kind, value } as Action;
    return {
      action,
      text: kind.text(value),
      asks,
      isOngoing: kind.isOngoing?.(value) ?? false,
      canRepeat: kind.canRepeat?.(value) ?? false,
    };
  }

  #judging(base: Path, asks: number[]): Judging {
    const { lab, asked } = this.context;
    const report = this.#say(base);
    return {
      lab,
      report,
      machine: (name, path) =>
        machineNamed(lab, name, (message, fix) => report('unknown-machine', message, path, fix)),
      time: (written, path) => timeOf(written, path, report),
      check: (written, path) => {
        const key = JSON.stringify([path, written]);
        const index =
          this.#asked.get(key) ?? asked.push({ written, path: [...this.path, ...base, ...path] }) - 1;
        this.#asked.set(key, index);
        asks.push(index);
      },
      ongoing: (name, path) => void this.ends.push({ name, path: [...this.path, ...base, ...path] }),
    };
  }
}
