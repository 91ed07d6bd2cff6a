/** Whether all that runs ask of this computer, or of machines that are given, can be: before anything is brought up. */
import type { Diagnostic, Place } from '../../core/diagnostic.js';
import { diagnostic, isError } from '../../core/diagnostic.js';
import { badInput, LabnetError } from '../../core/errors.js';
import type { Driver } from '../../drivers/driver.js';
import type { PlannedRun, RunPlan } from './load.js';

type Asked = { readonly jobs?: number | undefined; readonly keep?: boolean | undefined };

/** @throws LabnetError of what cannot be, each once, at the step that asks for it */
export function requireAble(driver: Driver, plan: RunPlan, { jobs = 1, keep = false }: Asked): void {
  const isGiven = GIVEN.includes(driver.name);
  if (isGiven && jobs > 1)
    throw badInput(
      'bad-usage',
      `machines of the driver ${driver.name} are in one lab at a time, and --jobs ${jobs} needs ${jobs} labs`,
      "leave '--jobs' out: one run after the other",
    );
  if (isGiven && keep && plan.runs.length > 1)
    throw badInput(
      'bad-usage',
      `machines of the driver ${driver.name} are in one lab at a time, and --keep would leave ${plan.runs.length} labs`,
      "leave '--keep' out, or run one combination",
    );
  const found = new Found();
  for (const run of plan.runs) {
    judgePower(driver, run, plan.place, found);
    judgeRoom(driver, run, found);
  }
  found.refuse();
}

/** Their machines are there before and after: a lab takes them, and gives them back. */
const GIVEN: readonly string[] = ['ssh'];

class Found {
  readonly #found = new Map<string, Diagnostic>();

  /** What is missing is said where it is first asked for. */
  note(one: Diagnostic, at?: Place): void {
    const key = one.fix ?? one.message;
    if (!this.#found.has(key)) this.#found.set(key, { ...one, ...(at && { at }) });
  }

  refuse(): void {
    if (this.#found.size > 0) throw new LabnetError([...this.#found.values()]);
  }
}

function judgePower(driver: Driver, { schedule }: PlannedRun, place: RunPlan['place'], found: Found): void {
  if (driver.power) return;
  for (const step of schedule.steps) {
    const { kind } = step.action;
    if (kind !== 'stop' && kind !== 'start') continue;
    const whose = GIVEN.includes(driver.name)
      ? "are not labnet's to switch"
      : 'go on as long as their lab does';
    const message = `machines of the driver ${driver.name} ${whose}: no '${kind}' of ${step.action.value}`;
    const fix = `'link-${kind === 'stop' ? 'down' : 'up'}: ${step.action.value}', or the driver netns`;
    found.note(diagnostic('driver-unavailable', message, { fix }), place(step));
  }
}

function judgeRoom(driver: Driver, { states }: PlannedRun, found: Found): void {
  const [first, ...changed] = states;
  if (!first) return;
  for (const one of driver.room(first.lab).filter(isError)) found.note(one);
  for (const { lab, at } of changed)
    for (const one of driver.room(lab, first.lab).filter(isError)) found.note(one, at);
}
