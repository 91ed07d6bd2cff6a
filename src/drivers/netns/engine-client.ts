/** Starts an engine and talks to it. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { failure, LabnetError } from '../../core/errors.js';
import { addEngine } from '../../core/phases.js';
import { canUnshare } from '../../sys/capabilities.js';
import { COLLECT_OFTEN, LATE_OPTIMISATION } from '../../sys/optimisation.js';
import type { ThreadContext } from '../../sys/thread-context.js';
import { throughFd } from '../../sys/process.js';
import { toolPath } from '../../sys/tools.js';
import type { Holder } from './holder.js';
import { explained, explainWords } from './room/explain.js';
import type { Argument, Operation, Reply, Request, Result } from './engine/protocol.js';

/** An engine that is in the middle of something comes to an end soon; one that does not is ended. */
const STOP_TIMEOUT = 15_000;
/** What an engine has for data that is used once: as little as costs no time (src/heap.ts). */
const YOUNG_MB = 4;
/** Of an engine that is a process; a worker's are the command's. */
const NODE_OPTIONS = [`--max-semi-space-size=${YOUNG_MB / 4}`, LATE_OPTIMISATION];
/** Where an engine that is a process is handed the holder whose user namespace it enters. */
const INSIDE_FD = 4;
const MAIN = new URL('./engine/start.js', import.meta.url);

type Line = {
  readonly pid?: number | undefined;
  readonly send: (request: Request) => void;
  /** Whether an engine with nothing to do keeps this process alive. */
  readonly hold: (isBusy: boolean) => void;
  readonly stop: () => Promise<void>;
};
type Start = {
  readonly inside?: Holder | undefined;
  readonly env?: Readonly<Record<string, string>>;
  readonly home?: ThreadContext | undefined;
};
type Waiting = { readonly resolve: (result: unknown) => void; readonly reject: (error: Error) => void };

export class Engine {
  readonly #waiting = new Map<number, Waiting>();
  readonly #line: Line;
  #nextId = 1;
  #ended: Error | undefined;
  #begun: () => void = () => undefined;
  readonly #hasBegun = new Promise<void>((resolve) => (this.#begun = resolve));

  /**
   * @param inside the holder whose user namespace an ordinary user's engine enters; none makes a new one
   * @param env what one that is a process has in its environment beside this one's
   * @param home where this thread is, for an engine that is to be this very thread
   */
  constructor({ inside, env = {}, home }: Start = {}) {
    if (home) this.#line = this.#beginHere(home);
    else this.#line = canUnshare() ? this.#startWorker() : this.#startProcess(inside, env);
  }

  /** Of the engine that is a process of its own. */
  get pid(): number | undefined {
    return this.#line.pid;
  }

  async call<Op extends Operation>(op: Op, argument: Argument<Op>): Promise<Result<Op>> {
    if (this.#ended) throw this.#ended;
    const id = this.#nextId++;
    const result = new Promise<unknown>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#line.hold(true);
    this.#line.send({ id, op, argument } as Request);
    try {
      return (await result) as Result<Op>;
    } finally {
      if (this.#waiting.size === 0) this.#line.hold(false);
    }
  }

  /** Ends the engine; a lab it made and did not commit ends with it. */
  async stop(): Promise<void> {
    if (!this.#ended) {
      const stopped = this.call('stop', null).catch(() => undefined);
      this.#ended = failure('engine-failed', 'the engine was stopped');
      this.#line.hold(true);
      await this.#hasBegun;
      const timer = new Promise((resolve) => setTimeout(resolve, STOP_TIMEOUT).unref());
      await Promise.race([stopped, timer]);
      for (const { reject } of this.#waiting.values()) reject(this.#ended);
    }
    this.#line.hold(true);
    await this.#line.stop();
  }

  #beginHere(home: ThreadContext): Line {
    this.#begun();
    const engine = import('./engine/here.js').then(({ EngineHere }) => new EngineHere(home));
    const answer = async (request: Request): Promise<void> =>
      this.#receive(await (await engine).answer(request));
    return {
      send: (request) => void answer(request),
      hold: () => undefined,
      stop: () => Promise.resolve(),
    };
  }

  #startWorker(): Line {
    // Loaded when it is needed, as it takes a millisecond.
    const { Worker } = process.getBuiltinModule('node:worker_threads');
    // Two heaps in one process.
    process.getBuiltinModule('node:v8').setFlagsFromString(COLLECT_OFTEN);
    const worker = new Worker(MAIN, {
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    worker.on('message', (reply: Reply) => this.#receive(reply));
    worker.on('error', (error) => this.#end(asError(explained(error))));
    worker.on('exit', () => this.#end(failure('engine-failed', 'the engine ended unexpectedly')));
    return {
      send: (request) => worker.postMessage(request),
      hold: (isBusy) => (isBusy ? worker.ref() : worker.unref()),
      stop: async () => {
        await worker.terminate();
      },
    };
  }

  #startProcess(inside: Holder | undefined, more: Readonly<Record<string, string>>): Line {
    const [program = '', ...options] = wayInto(inside);
    const child = spawn(program, [...options, '--', process.execPath, ...NODE_OPTIONS, fileURLToPath(MAIN)], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc', ...(inside ? [inside.fd] : [])],
      serialization: 'advanced',
      env: { ...process.env, ...more, PATH: toolPath() },
    });
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (said = (said + chunk).slice(-4000)));
    child.on('message', (reply) => this.#receive(reply as Reply));
    child.on('error', (error) => this.#end(notStarted(program, error)));
    child.on('close', () => this.#end(ended(said)));
    const hold = (isBusy: boolean): void => {
      for (const handle of [child, child.channel]) {
        if (isBusy) handle?.ref();
        else handle?.unref();
      }
    };
    return {
      pid: child.pid,
      send: (request) => void child.send(request, () => undefined),
      hold,
      stop: () => stopProcess(child),
    };
  }

  #receive(reply: Reply): void {
    this.#begun();
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ('failure' in reply) waiting?.reject(errorOf(reply.failure));
    else {
      addEngine(reply.spent);
      waiting?.resolve(reply.result);
    }
  }

  #end(error: Error): void {
    this.#ended ??= error;
    this.#begun();
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }
}

const wayInto = (inside: Holder | undefined): string[] =>
  inside === undefined
    ? ['unshare', '--user', '--map-root-user']
    : ['nsenter', `--user=${throughFd(INSIDE_FD)}/ns/user`, '--preserve-credentials'];

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await closed;
}

function errorOf({ diagnostics, message, stack }: Extract<Reply, { failure: unknown }>['failure']): Error {
  if (diagnostics) return new LabnetError(diagnostics);
  const error = failure('engine-failed', message);
  if (stack !== undefined) error.stack = stack;
  return error;
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

function notStarted(program: string, error: Error): Error {
  const known = explained(error);
  if (known instanceof LabnetError) return known;
  const message = `${program} could not be started: ${error.message}`;
  return failure('driver-unavailable', message, "run 'labnet doctor'");
}

/** unshare and nsenter say on stderr what the kernel did not allow. */
function ended(said: string): LabnetError {
  const [first = ''] = said.trim().split('\n');
  const wanting = explainWords('the engine', said);
  if (wanting) return new LabnetError([wanting]);
  if (/^(unshare|nsenter):/.test(first)) {
    return failure(
      'driver-unavailable',
      `no user namespace for an ordinary user here: ${first}`,
      "run 'labnet doctor' for what allows it, or labnet as root",
    );
  }
  return failure('engine-failed', `the engine ended unexpectedly${first ? `: ${first}` : ''}`);
}
