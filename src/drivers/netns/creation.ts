/** A lab of namespaces being made; or, where one runs already, changed with the engine that was started for it. */
import { availableParallelism } from 'node:os';
import { failure } from '../../core/errors.js';
import type { Emit } from '../../core/events.js';
import { phase, untilDone } from '../../core/phases.js';
import type { LabPlan, MachinePlan } from '../../plan/build.js';
import { canChangeIdentity, canUnshare } from '../../sys/capabilities.js';
import type { ProcessId } from '../../sys/process.js';
import { returnableContext } from '../../sys/thread-context.js';
import { bootId, kill } from '../../sys/process.js';
import type { Creation, Driver, DriverOptions, Runtime } from '../driver.js';
import { alter, engineFor } from './alter.js';
import { Engine } from './engine-client.js';
import { Ahead, isMadeAhead } from './engine/namespaces/ahead.js';
import type { NetnsRuntime } from './holder.js';
import { liveHolder, readRuntime } from './holder.js';
import { requirePortControl } from './port-control.js';
import { showSignOfLife } from './sign-of-life.js';

/** Machines the engine is handed at once; the next are planned while it works on them. */
const CHUNK = 64;

async function addMachines(
  engine: Engine,
  { machines }: LabPlan,
  tell: (done: number) => void,
): Promise<void> {
  let chunk: MachinePlan[] = [];
  let working: Promise<unknown> = Promise.resolve();
  let done = 0;
  const hand = async (): Promise<void> => {
    const next = chunk;
    chunk = [];
    await untilDone('wait', working);
    tell((done += next.length));
    working = engine.call('add', next);
    // It is waited for before the next is handed over; until then it is no unhandled rejection.
    working.catch(() => undefined);
  };
  for (const machine of machines) {
    chunk.push(machine);
    if (chunk.length >= CHUNK) await hand();
  }
  await hand();
  await untilDone('wait', working);
}

/** An engine that is started before it is known whether it makes a lab or changes the one of this holder. */
type Early = { readonly engine: Engine; readonly holder?: ProcessId };

/**
 * One that changes a lab, and is a process, is marked as such, and may not be there before its turn has come
 * (settled.ts): an ordinary user's is started then. One that makes a lab is this very thread, where it may be, and there already.
 */
function startEarly({ isAlone = false }: DriverOptions, likely?: Runtime): Early | undefined {
  if (likely === undefined) {
    const home = isAlone && canUnshare() && canChangeIdentity() ? returnableContext() : undefined;
    return { engine: new Engine({ home }) };
  }
  if (!canUnshare()) return undefined;
  try {
    const { holder } = readRuntime(likely);
    return { engine: engineFor(holder, 'change'), holder };
  } catch {
    return undefined;
  }
}

export const begin = (emit: Emit, options: DriverOptions, likely?: Runtime): Creation =>
  new NetnsCreation(emit, startEarly(options, likely));

class NetnsCreation implements Creation {
  #early: Early | undefined;
  #engine: Engine | undefined;
  #ahead: Ahead | undefined;
  #made: NetnsRuntime | undefined;
  #isCommitted = false;
  #aborting: Promise<void> | undefined;

  constructor(
    readonly emit: Emit,
    early: Early | undefined,
  ) {
    this.#early = early;
    this.#engine = early?.engine;
  }

  /** An ordinary user's are made where the engine is: in its user namespace. */
  readonly expect = (machines: number): void => {
    const { engine, holder } = this.#early ?? {};
    if (!engine || holder || !isMadeAhead(machines, availableParallelism())) return;
    if (canUnshare()) this.#ahead ??= new Ahead(machines);
    else engine.call('expect', machines).catch(() => undefined);
  };

  readonly create: Creation['create'] = async (lab, plan, { label }) => {
    requirePortControl(lab);
    const engine = (await this.#take(({ holder }) => holder === undefined)) ?? new Engine();
    this.#engine = engine;
    const supply = this.#ahead?.supply;
    const beginning = {
      label,
      segments: plan.segments,
      sysctls: plan.sysctls(),
      ...(supply && { supply }),
    };
    const { holder } = await untilDone('wait', engine.call('create', beginning));
    this.#made = { bootId: bootId(), holder, folder: label };
    phase('plan');
    const { total } = plan;
    await addMachines(engine, plan, (done) =>
      this.emit({ kind: 'progress', phase: 'namespaces', done, total }),
    );
    phase('rest');
    await untilDone('wait', Promise.all([engine.call('finish', null), this.#ahead?.end()]));
    return this.#made;
  };

  readonly alter: Driver['alter'] = async (runtime, request) => {
    const holder = liveHolder(runtime);
    const { pid, startTime } = holder.id;
    const isFor = (one: Early): boolean => one.holder?.pid === pid && one.holder.startTime === startTime;
    return alter(holder, request, await this.#take(isFor));
  };

  readonly commit = async (): Promise<void> => {
    if (this.#aborting) throw failure('interrupted', 'stopped before it was done');
    // From here on the lab is there: who calls it off now comes too late, and finds it whole.
    this.#isCommitted = true;
    try {
      if (this.#engine && this.#made) showSignOfLife(this.#made.folder, this.#engine.pid ?? process.pid);
      await untilDone('wait', this.#engine?.call('commit', null) ?? Promise.resolve(null));
    } catch (error) {
      this.#isCommitted = false;
      throw error;
    }
    await this.#engine?.stop();
  };

  readonly abort = (): Promise<void> =>
    this.#isCommitted ? Promise.resolve() : (this.#aborting ??= this.#abort());

  async #abort(): Promise<void> {
    await Promise.all([this.#engine?.stop(), this.#ahead?.end()]);
    if (this.#made) await kill(this.#made.holder);
  }

  /** The engine that was started, where it was for this; from then on it is the caller's. */
  async #take(isFit: (one: Early) => boolean): Promise<Engine | undefined> {
    if (this.#aborting) throw failure('interrupted', 'stopped before it began');
    const found = this.#early;
    this.#early = undefined;
    if (found && isFit(found)) return found.engine;
    await Promise.all([found?.engine.stop(), this.#ahead?.end()]);
    return undefined;
  }
}
