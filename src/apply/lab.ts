/** A running lab in somebody's hands: the public API, and all that the CLI uses. */
import type { Output } from '../core/command.js';
import type { Diagnostic } from '../core/diagnostic.js';
import type { Dialogue, DialogueOutcome } from '../core/dialogue.js';
import { badInput } from '../core/errors.js';
import { didYouMean } from '../core/suggest.js';
import type { Driver } from '../drivers/driver.js';
import { driverNamed } from '../drivers/registry.js';
import type { LinkLine } from '../link/listed.js';
import { linkLines, measuredLines } from '../link/listed.js';
import type { Lab as Model, Machine } from '../model/lab.js';
import { longestTrip } from '../model/links/longest.js';
import type { LabRecord, Records } from '../state/record.js';
import type { Piped } from '../transport/piped.js';
import type { Session } from '../transport/session.js';
import type { MeshReport } from '../verify/mesh/run.js';
import type { Report } from '../verify/report.js';
import type { VerifyOptions } from '../verify/run.js';
import type { Contents } from './bundle/contents.js';
import type { CaptureOptions, CaptureResult } from './capture/index.js';
import type { Enter } from './capture/run.js';
import type { LinkChange } from './link/change.js';
import type { DownOptions } from './down.js';
import type { StateOptions } from './labs.js';
import type { Drift } from './plan.js';
import type { PlannedChange } from './planned.js';
import { patient } from './patient.js';
import type { ProbedNat } from './nat/probe.js';
import type { Running } from './nat/running.js';
import type { CheckedRun, LabAbout, MeshedRun } from './report/collect.js';
import type { TraceRequest, TraceResult } from './trace/result.js';
import type { LabStatus } from './status.js';
import type { TopologyInput } from './topology-file.js';
import type { UpOptions } from './up.js';

export type ExecOptions = {
  readonly stdin?: string;
  /** Milliseconds; default: ten minutes. */
  readonly timeout?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** The folder to start in; default: the caller's. */
  readonly cwd?: string;
};

export type LabSummary = {
  readonly name: string;
  readonly driver: string;
  readonly file: string;
  readonly created: string;
};

export type DestroyOptions = StateOptions & DownOptions;

const EXEC_TIMEOUT = 600_000;

/**
 * @example
 * await using lab = await Lab.up('topologies/virtual-wan.yaml');
 * const { stdout } = await lab.exec('proxyA', ['ping', '-c1', '100.100.100.200']);
 */
export class Lab implements AsyncDisposable {
  #session: Promise<Session> | undefined;

  private constructor(
    private current: Model,
    /** Whether `up` made it, or found it running. */
    readonly created: boolean,
    readonly warnings: readonly Diagnostic[],
    /** What `up` did to one that ran. */
    readonly changes: readonly PlannedChange[],
    private readonly driver: Driver,
    private readonly records: Records,
    private record: LabRecord,
  ) {}

  /** The resolved lab: every machine, address, route and mapping. */
  get model(): Model {
    return this.current;
  }

  /**
   * Brings a lab up, from a file or from data; one that runs is changed where it is not what the file says.
   * @throws LabnetError with exit code 2 for mistakes in the topology, 1 for what goes wrong; nothing is left behind
   */
  static async up(topology: TopologyInput, options: UpOptions = {}): Promise<Lab> {
    const { bringUp } = await import('./up.js');
    const { openRecords } = await import('./labs.js');
    const { lab, created, warnings, changes, record } = await bringUp(topology, options);
    const driver = await driverNamed(record.driver);
    return new Lab(lab, created, warnings, changes, driver, openRecords(options), record);
  }

  /**
   * A lab that runs already.
   * @param wanted its name or file; default: LABNET_LAB, or the only one there is
   * @throws LabnetError lab-not-found, lab-ambiguous
   */
  static async open(wanted?: string, options: StateOptions = {}): Promise<Lab> {
    const { findLab, openRecords } = await import('./labs.js');
    const records = openRecords(options);
    const record = await findLab(records, wanted);
    return new Lab(records.readLab(record), false, [], [], await driverNamed(record.driver), records, record);
  }

  /**
   * Takes a running lab down, by name or file; also one whose record cannot be read any more, by name.
   * @returns its name
   */
  static async destroy(wanted?: string, options: DestroyOptions = {}): Promise<string> {
    const { takeDown, takeDownUnread } = await import('./down.js');
    const { findLab, isUnreadable, openRecords } = await import('./labs.js');
    const records = openRecords(options);
    if (wanted !== undefined && (await isUnreadable(records, wanted))) {
      await takeDownUnread(records, wanted, options.emit ?? (() => undefined));
      return wanted;
    }
    const record = await findLab(records, wanted);
    await takeDown(records, record, options);
    return record.name;
  }

  /**
   * The labs that run, by name; what dead ones left behind is removed.
   * @param warn told of each that is left alone: a newer labnet has brought it up, or it runs where it cannot be seen
   */
  static async list(
    options: StateOptions = {},
    warn: (warning: Diagnostic) => void = () => undefined,
  ): Promise<LabSummary[]> {
    const { lookThrough, openRecords } = await import('./labs.js');
    const { running, foreign } = await lookThrough(openRecords(options));
    foreign.forEach(warn);
    return running.map(({ name, driver, file, created }) => ({ name, driver, file, created }));
  }

  get name(): string {
    return this.model.name;
  }

  get summary(): LabSummary {
    const { name, driver, file, created } = this.record;
    return { name, driver, file, created };
  }

  /** What of the running lab is not as it was made: addresses, routes, settings and rules that somebody changed. */
  async drift(): Promise<Drift> {
    const { driftOf } = await import('./plan.js');
    return driftOf(this.record, this.records);
  }

  /**
   * Runs a program in a machine and collects its output.
   * @throws LabnetError machine-not-found, tool-missing
   */
  async exec(
    machine: string,
    argv: readonly [string, ...string[]],
    options: ExecOptions = {},
  ): Promise<Output> {
    const { name } = this.#machine(machine);
    const session = await this.#connect();
    const user = {
      directory: options.cwd ?? process.cwd(),
      env: { ...(process.env as Record<string, string>), ...options.env },
      asked: options.env ?? {},
    };
    const timeout = options.timeout ?? EXEC_TIMEOUT;
    const [output] = await session.run([
      { machine: name, argv, timeout, user, ...(options.stdin !== undefined && { stdin: options.stdin }) },
    ]);
    if (!output) throw new TypeError('a command without an output');
    return output;
  }

  /**
   * Starts a program in a machine, which is fed and read while it runs. Its output is in bytes.
   * @throws LabnetError machine-not-found
   */
  async start(machine: string, argv: readonly string[]): Promise<Piped> {
    const { startPiped } = await import('../transport/piped.js');
    return startPiped(
      await this.driver.enter(this.model, this.record.runtime, this.#machine(machine).name, argv),
    );
  }

  /** Runs a program in a machine with this process's terminal; its exit code. */
  interact(machine: string, argv: readonly string[]): Promise<number> {
    return this.driver.interact(this.model, this.record.runtime, this.#machine(machine).name, argv);
  }

  /** Proves that the lab behaves as written: see docs/checks.md. */
  async verify(options: VerifyOptions = {}): Promise<Report> {
    const { verifyLab } = await import('../verify/run.js');
    return verifyLab(this.model, await this.#connect(), options);
  }

  /** Lets every host ask every other that it reaches, each pair once, or again where there was no answer. */
  async mesh(): Promise<MeshReport> {
    const { verifyMesh } = await import('../verify/mesh/run.js');
    return verifyMesh(this.model, await this.#connect());
  }

  /**
   * The same, with all that a report shows: probes, packets, counters and versions.
   * @param options `traces`: whether packets of failed checks are traced afterwards; default: they are
   */
  async verifyInFull({
    traces = true,
    ...options
  }: VerifyOptions & { readonly traces?: boolean } = {}): Promise<CheckedRun> {
    const { collectChecks } = await import('./report/collect.js');
    const tracer = traces ? (request: TraceRequest) => this.trace(request) : undefined;
    return collectChecks(this.#about(), await this.#connect(), options, tracer);
  }

  /**
   * A run as the files of a bundle, with what the routers have now.
   * @param kinds those of check that were asked for
   * @throws LabnetError lab-changed where its file says something else by now
   */
  async bundle(run: CheckedRun, kinds?: readonly string[]): Promise<Contents> {
    const { contentsOf } = await import('./bundle/contents.js');
    return contentsOf(run, await this.topologyText(), await this.#connect(), kinds);
  }

  /**
   * The text of the file that it was made of.
   * @throws LabnetError lab-changed where it says something else by now
   */
  async topologyText(): Promise<string> {
    const { topologyOf } = await import('./bundle/contents.js');
    return topologyOf(this.model, this.record.file);
  }

  async meshInFull(): Promise<MeshedRun> {
    const { collectMesh } = await import('./report/collect.js');
    return collectMesh(this.#about(), await this.#connect());
  }

  async status(): Promise<LabStatus> {
    const { statusOf } = await import('./status.js');
    return statusOf(this.model, await this.#connect());
  }

  /** How its NATs behave, trait by trait, by talking through them (RFC 5780); of one router, or of all. */
  async probeNat(router?: string): Promise<readonly ProbedNat[]> {
    const { probeNats } = await import('./nat/probe.js');
    return probeNats(this.model, await this.#connect(), router);
  }

  /**
   * Lets a router's NAT behave otherwise from now on: the keys of `masquerade` as `KEY=VALUE`. Nothing else is disturbed.
   * @throws LabnetError with exit code 2 for settings that are none, 1 where the router refuses them and stays as it was
   */
  async setNat(router: string, settings: readonly string[]): Promise<void> {
    const { setNat } = await import('./nat/running.js');
    const { lab, record } = await setNat(this.#running(), router, settings);
    [this.current, this.record] = [lab, record];
  }

  /** What happens to packets on its links: what the file says, and what was set since. */
  links(): readonly LinkLine[] {
    return linkLines(this.current.machines);
  }

  /** The same with what is measured of each: see docs/links.md. */
  async measureLinks(): Promise<readonly LinkLine[]> {
    const { verdicts } = await this.verify({ kinds: ['link'] });
    return measuredLines(this.links(), verdicts);
  }

  /**
   * Lets links be otherwise from now on, several in one step; no connection is cut, and nothing else is touched.
   * @throws LabnetError with exit code 2 for changes that are none, 1 where this computer cannot, and all is as it was
   */
  async changeLinks(changes: readonly LinkChange[]): Promise<readonly PlannedChange[]> {
    const { changeLinks } = await import('./link/running.js');
    const { lab, record, changes: done } = await changeLinks(this.#running(), changes);
    [this.current, this.record] = [lab, record];
    return done;
  }

  /** Drops what a router's NAT remembers, as a reboot of it would. */
  async flushNat(router: string): Promise<void> {
    const { flushNat } = await import('./nat/running.js');
    await flushNat(this.#running(), this.model, router);
  }

  /**
   * Takes a machine away, as pulling its plug would, or brings it back as the lab has it.
   * @throws LabnetError driver-unavailable where machines are not labnet's to switch
   */
  async power(machine: string, isOn: boolean): Promise<void> {
    const { powerMachine } = await import('./power.js');
    await powerMachine(this.#running(), this.model, this.#machine(machine).name, isOn);
  }

  /** Holds dialogues between its machines (core/dialogue.ts), all at the same time. */
  async converse(dialogues: readonly Dialogue[]): Promise<readonly DialogueOutcome[]> {
    return (await this.#connect()).converse(dialogues);
  }

  /** Captures packets at one or several places until `signal`, `count` or `seconds` say that it is enough. */
  async capture(options: CaptureOptions): Promise<CaptureResult> {
    const { captureLab } = await import('./capture/index.js');
    const { current, driver, record } = this;
    const enter: Enter = (machine, argv) => driver.enter(current, record.runtime, machine, argv);
    return captureLab(current, enter, options);
  }

  /**
   * Sends one real probe and tells its journey and that of its answer, hop by hop, with the cause where there is none.
   * @throws LabnetError with exit code 2 for machines, addresses and ports that are none
   */
  async trace(request: TraceRequest): Promise<TraceResult> {
    const { trace } = await import('./trace/index.js');
    const { current: lab, driver, record } = this;
    const enter: Enter = (machine, argv) => driver.enter(lab, record.runtime, machine, argv);
    return trace({ lab, session: await this.#connect(), enter }, request);
  }

  /** Takes it down, whole. Doing so again does nothing. */
  async down(): Promise<void> {
    await this.close();
    const { takeDown } = await import('./down.js');
    await takeDown(this.records, this.record);
  }

  /** Lets go of the lab and leaves it running. */
  async close(): Promise<void> {
    const session = await this.#session?.catch(() => undefined);
    this.#session = undefined;
    await session?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.down();
  }

  #connect(): Promise<Session> {
    this.#session ??= this.driver
      .connect(this.model, this.record.runtime)
      .then((session) => patient(session, () => longestTrip(this.current)));
    return this.#session;
  }

  #about(): LabAbout {
    const { file, driver } = this.record;
    return { lab: this.model, file, driver };
  }

  #running(): Running {
    const { records, record, driver, model } = this;
    const connectToChange = (): Promise<Session> => driver.connect(model, record.runtime, 'change');
    return { records, record, driver, connectToChange, connect: () => this.#connect() };
  }

  #machine(name: string): Machine {
    const found = this.model.machines.find((machine) => machine.name === name);
    if (found) return found;
    const names = this.model.machines.map((machine) => machine.name);
    throw badInput(
      'machine-not-found',
      `there is no machine '${name}' in lab ${this.name}`,
      didYouMean(name, names, 'machines'),
    );
  }
}
