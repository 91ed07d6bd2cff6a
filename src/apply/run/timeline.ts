/** Carries a schedule out: each step at its time, or when the one it waits for is done; until all are, or one fails. */
import { setTimeout as sleep } from 'node:timers/promises';
import { groupBy } from '../../core/group-by.js';
import { monotonic } from '../../core/monotonic.js';
import type { Schedule, Step } from '../../scenario/step.js';
import type { Verdict } from '../../verify/report.js';
import type { Lab } from '../lab.js';
import { DOERS } from './actions/index.js';
import { untilGood } from './again.js';
import { momentNow } from './clock.js';
import type { Doer, Doing, Done, Measured, Ongoing } from './doing.js';
import type { Results } from './results.js';
import type { StepResult } from './step-result.js';
import { failed, good, isOutcome, rounded, skipped } from './step-result.js';

export type TimelineResult = {
  readonly steps: readonly StepResult[];
  /** By step and name: `wan rtt`. */
  readonly measured: Readonly<Record<string, Measured>>;
  readonly verdicts: readonly (Verdict & { readonly step: string; readonly time: number })[];
  readonly duration: number;
};

export type Observer = {
  readonly signal: AbortSignal;
  readonly onStep: (result: StepResult) => void;
};

/** Milliseconds past which a step is said to be late: timers and a busy computer take some. */
export const LATE = 20;

export class Timeline {
  readonly #moment = momentNow();
  readonly #began = this.#moment.monotonic;
  readonly #beganAt = this.#moment.time;
  readonly #over = new AbortController();
  readonly #signal: AbortSignal;
  readonly #ongoing = new Map<string, { readonly step: Step; readonly what: Ongoing }[]>();
  readonly #away = new Set<string>();
  readonly #measured = new Map<string, Measured>();
  readonly #verdicts: (Verdict & { readonly step: string; readonly time: number })[] = [];
  /** When all turns of a step are done. */
  readonly #done = new Map<string, Promise<unknown>>();

  constructor(
    private readonly lab: Lab,
    private readonly schedule: Schedule,
    private readonly results: Results,
    private readonly observer: Observer,
  ) {
    this.#signal = AbortSignal.any([this.#over.signal, observer.signal]);
    results.onTrouble(() => this.#over.abort());
  }

  async run(): Promise<TimelineResult> {
    const { steps, duration } = this.schedule;
    this.#event({ event: 'begin', time: new Date(this.#beganAt).toISOString() });
    const byName = groupBy(steps, ({ name }) => name);
    const resolvers = new Map<string, () => void>();
    for (const name of byName.keys())
      this.#done.set(name, new Promise<void>((resolve) => resolvers.set(name, resolve)));
    const all = await Promise.all(
      [...byName].map(async ([name, turns]) => {
        const found = await this.#turns(turns);
        resolvers.get(name)?.();
        return found;
      }),
    );
    const left = duration - this.#now();
    if (left > 0) await this.#until(left);
    await this.#overs();
    const ended = await this.#endAll();
    const found = all.flat().map((one) => ended.get(one.id) ?? one);
    const order = new Map(steps.map(({ id }, index) => [id, index]));
    found.sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0));
    const length = this.#now();
    this.#event({ event: 'end', t: length });
    return {
      steps: found,
      measured: Object.fromEntries(this.#measured),
      verdicts: this.#verdicts,
      duration: length,
    };
  }

  /** One after the other: a turn that takes longer than it should makes the next one late. */
  async #turns(turns: readonly Step[]): Promise<StepResult[]> {
    const found: StepResult[] = [];
    let base: number | undefined;
    for (const step of turns) {
      const { start } = step;
      if ('after' in start && base === undefined) {
        await this.#done.get(start.after);
        base = this.#now();
      }
      const planned = 'at' in start ? start.at : (base ?? 0) + start.delay;
      await this.#until(planned - this.#now());
      found.push(this.#signal.aborted ? skipped(step) : await this.#one(step, planned));
    }
    return found;
  }

  async #one(step: Step, planned: number): Promise<StepResult> {
    const { id, name, text, line } = step;
    const started = this.#now();
    const late = started - planned;
    const times = { planned: rounded(planned), actual: rounded(started) };
    this.#event({ event: 'start', step: id, text, ...times, ...(late > LATE && { late: rounded(late) }) });
    const done = await untilGood(step, () => this.#do(step), {
      signal: this.#signal,
      onMiss: ({ status, detail }) =>
        this.#event({ event: 'miss', step: id, t: this.#now(), status, detail }),
    });
    const isGood = good(step, done);
    this.#note(step, done);
    const ended = this.#now();
    const { status, detail, outcome, tries } = done;
    const more = { ...(outcome !== undefined && { outcome }), ...(tries !== undefined && { tries }) };
    this.#event({ event: 'done', step: id, t: ended, status, detail, ...more, ok: isGood });
    const result: StepResult = {
      ...{ id, name, text, status, detail, isGood, line, isOutcome: isOutcome(step) },
      ...more,
      ...{ planned: rounded(planned), started: rounded(started), ended: rounded(ended) },
    };
    this.observer.onStep(result);
    if (!isGood) this.#over.abort();
    return result;
  }

  async #do(step: Step): Promise<Done> {
    const { kind, value } = step.action;
    const doing: Doing = {
      ...{ lab: this.lab, step, value, results: this.results, signal: this.#signal, away: this.#away },
      since: (time) => time - this.#beganAt,
      end: (name) => this.#end(name),
      goesOn: (what) => {
        const { name } = step;
        this.#ongoing.set(name, [...(this.#ongoing.get(name) ?? []), { step, what }]);
      },
    };
    // Which value belongs to which action is known to the schedule.
    return failed(() => (DOERS[kind] as Doer<typeof kind>)(doing));
  }

  async #end(name: string): Promise<Done> {
    const begun = this.#ongoing.get(name) ?? [];
    this.#ongoing.delete(name);
    if (begun.length === 0)
      return { status: 'error', detail: `'${name}' has not begun, or was ended before` };
    const ended = await Promise.all(begun.map((one) => this.#endOne(one)));
    return ended.find(({ status }) => status !== 'pass') ?? ended[0] ?? { status: 'pass', detail: 'ended' };
  }

  async #endOne({ step, what }: { readonly step: Step; readonly what: Ongoing }): Promise<Done> {
    const done = await failed(what.end);
    this.#note(step, done);
    const { status, detail } = done;
    this.#event({ event: 'ended', step: step.id, t: this.#now(), status, detail });
    return done;
  }

  /** What goes on for a time of its own. */
  async #overs(): Promise<void> {
    const overs = [...this.#ongoing.values()].flat().flatMap(({ what }) => what.over ?? []);
    if (overs.length === 0 || this.#signal.aborted) return;
    const stopped = new Promise((resolve) => this.#signal.addEventListener('abort', resolve));
    await Promise.race([Promise.allSettled(overs), stopped]);
  }

  /** What goes on when the run is over; the results of those that went wrong, by step. */
  async #endAll(): Promise<ReadonlyMap<string, StepResult>> {
    const left = [...this.#ongoing.values()].flat();
    this.#ongoing.clear();
    const wrong = new Map<string, StepResult>();
    await Promise.all(
      left.map(async (one) => {
        const { step } = one;
        const { status, detail } = await this.#endOne(one);
        const { id, name, text, line } = step;
        if (status !== 'pass')
          wrong.set(id, { id, name, text, line, status, detail, isGood: false, isOutcome: false });
      }),
    );
    return wrong;
  }

  #note({ id, name }: Step, { measured = {}, verdicts = [] }: Done): void {
    for (const [what, { unit, values, times, missing }] of Object.entries(measured)) {
      const key = `${name} ${what}`;
      const known = this.#measured.get(key);
      this.#measured.set(key, {
        unit,
        values: [...(known?.values ?? []), ...values],
        ...(times && { times: [...(known?.times ?? []), ...times] }),
        ...(missing && { missing: [...(known?.missing ?? []), ...missing] }),
      });
    }
    const time = rounded(this.#now());
    this.#verdicts.push(...verdicts.map((one) => ({ step: id, time, ...one })));
  }

  #event(event: Readonly<Record<string, unknown>>): void {
    const { t } = event;
    this.results.event(typeof t === 'number' ? { ...event, t: rounded(t) } : event);
  }

  /** Milliseconds since it began. */
  #now(): number {
    return monotonic() - this.#began;
  }

  async #until(length: number): Promise<void> {
    if (length <= 0 || this.#signal.aborted) return;
    await sleep(length, undefined, { signal: this.#signal }).catch(() => undefined);
  }
}
