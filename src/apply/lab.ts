/** A running lab as the public API has it, and the command line uses it. */
import type { Output } from '../core/command.js';
import type { Diagnostic } from '../core/diagnostic.js';
import type { Dialogue, DialogueOutcome } from '../core/dialogue.js';
import type { LinkLine } from '../link/listed.js';
import { linkLines, measuredLines } from '../link/listed.js';
import type { Lab as Model } from '../model/lab.js';
import type { Piped } from '../transport/piped.js';
import type { MeshReport } from '../verify/mesh/run.js';
import type { Report } from '../verify/report.js';
import type { VerifyOptions } from '../verify/run.js';
import type { Contents } from './bundle/contents.js';
import type { CaptureOptions, CaptureResult } from './capture/index.js';
import type { Enter } from './capture/run.js';
import type { DownOptions } from './down.js';
import type { ExecOptions } from './exec.js';
import type { StateOptions } from './labs.js';
import type { LinkChange } from './link/change.js';
import type { ProbedNat } from './nat/probe.js';
import { OpenLab } from './open-lab.js';
import type { Drift } from './plan.js';
import type { PlannedChange } from './planned.js';
import type { CheckedRun, LabAbout, MeshedRun } from './report/collect.js';
import type { LabStatus } from './status.js';
import type { TopologyInput } from './topology-file.js';
import type { TraceRequest, TraceResult } from './trace/result.js';
import type { UpOptions } from './up.js';

export type LabSummary = {
  readonly name: string;
  readonly driver: string;
  readonly file: string;
  readonly created: string;
};

export type DestroyOptions = StateOptions & DownOptions;

/**
 * @example
 * await using lab = await Lab.up('topologies/virtual-wan.yaml');
 * const { stdout } = await lab.exec('proxyA', ['ping', '-c1', '100.100.100.200']);
 */
export class Lab implements AsyncDisposable {
  readonly #lab: OpenLab;

  private constructor(
    lab: OpenLab,
    /** True where `up` made the lab, false where it was running already. */
    readonly created: boolean,
    readonly warnings: readonly Diagnostic[],
    /** What `up` changed in a lab that was running already. */
    readonly changes: readonly PlannedChange[],
  ) {
    this.#lab = lab;
  }

  /** The resolved lab: every machine, address, route and mapping. */
  get model(): Model {
    return this.#lab.lab;
  }

  /**
   * Brings a lab up, from a file or from data. A lab that runs already is changed where it differs from the topology.
   * @throws LabnetError exit code 2 for mistakes in the topology, 1 for other failures; nothing is left behind
   */
  static async up(topology: TopologyInput, options: UpOptions = {}): Promise<Lab> {
    const { bringUp } = await import('./up.js');
    const { openRecords } = await import('./labs.js');
    const { lab, created, warnings, changes, record } = await bringUp(topology, options);
    return new Lab(await OpenLab.of({ lab, record }, openRecords(options)), created, warnings, changes);
  }

  /**
   * Opens a lab that runs already.
   * @param wanted its name or file; default: LABNET_LAB, or the only running lab
   * @throws LabnetError lab-not-found, lab-ambiguous
   */
  static async open(wanted?: string, options: StateOptions = {}): Promise<Lab> {
    const { findLab, openRecords } = await import('./labs.js');
    const records = openRecords(options);
    const record = await findLab(records, wanted);
    return new Lab(await OpenLab.of({ lab: records.readLab(record), record }, records), false, [], []);
  }

  /**
   * Takes a running lab down, by name or file. By name it works even where the record of the lab is unreadable.
   * @returns the name of the lab
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
   * Lists the running labs, and removes the records of labs that have ended.
   * @param warn called for each lab that is skipped: a newer labnet made it, or it runs in another container
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
    const { name, driver, file, created } = this.#lab.record;
    return { name, driver, file, created };
  }

  /** Finds what somebody changed in the running lab by hand: addresses, routes, settings and rules. */
  async drift(): Promise<Drift> {
    const { driftOf } = await import('./plan.js');
    return driftOf(this.#lab.record, this.#lab.records);
  }

  /**
   * Runs a program in a machine until it ends, and collects its output.
   * @throws LabnetError machine-not-found, tool-missing
   */
  async exec(
    machine: string,
    argv: readonly [string, ...string[]],
    options: ExecOptions = {},
  ): Promise<Output> {
    const { execIn } = await import('./exec.js');
    const { name } = this.#lab.machine(machine);
    return execIn(await this.#lab.session(), name, argv, options);
  }

  /**
   * Starts a program in a machine, with pipes to write to it and read from it while it runs. Its output is in bytes.
   * @throws LabnetError machine-not-found
   */
  async start(machine: string, argv: readonly string[]): Promise<Piped> {
    const { startPiped } = await import('../transport/piped.js');
    return startPiped(await this.#lab.enter(this.#lab.machine(machine).name, argv));
  }

  /**
   * Runs a program in a machine with the terminal of this process.
   * @returns its exit code; 128 and more for a signal
   */
  interact(machine: string, argv: readonly string[]): Promise<number> {
    const { driver, lab, record } = this.#lab;
    return driver.interact(lab, record.runtime, this.#lab.machine(machine).name, argv);
  }

  /** Checks with real packets that the lab behaves as its topology says: see docs/checks.md. */
  async verify(options: VerifyOptions = {}): Promise<Report> {
    const { verifyLab } = await import('../verify/run.js');
    return verifyLab(this.model, await this.#lab.session(), options);
  }

  /** Sends a packet from every host to every other one that it should reach, and again where no answer came. */
  async mesh(): Promise<MeshReport> {
    const { verifyMesh } = await import('../verify/mesh/run.js');
    return verifyMesh(this.model, await this.#lab.session());
  }

  /**
   * Like `verify`, and keeps what a report shows: probes, packets, counters and versions.
   * @param options `traces`: whether to trace the packets of failed checks afterwards; default: true
   */
  async verifyInFull({
    traces = true,
    ...options
  }: VerifyOptions & { readonly traces?: boolean } = {}): Promise<CheckedRun> {
    const { collectChecks } = await import('./report/collect.js');
    const tracer = traces ? (request: TraceRequest) => this.trace(request) : undefined;
    return collectChecks(this.#about(), await this.#lab.session(), options, tracer);
  }

  /**
   * The files of a bundle: a run of `verifyInFull`, the topology, and the present rules and connections of the routers.
   * @param kinds the kinds of check that the run was limited to
   * @throws LabnetError lab-changed where the topology file has changed since
   */
  async bundle(run: CheckedRun, kinds?: readonly string[]): Promise<Contents> {
    const { contentsOf } = await import('./bundle/contents.js');
    return contentsOf(run, await this.topologyText(), await this.#lab.session(), kinds);
  }

  /**
   * The text of the topology file that the lab was made from.
   * @throws LabnetError lab-changed where the file has changed since
   */
  async topologyText(): Promise<string> {
    const { topologyOf } = await import('./bundle/contents.js');
    return topologyOf(this.model, this.#lab.record.file);
  }

  async meshInFull(): Promise<MeshedRun> {
    const { collectMesh } = await import('./report/collect.js');
    return collectMesh(this.#about(), await this.#lab.session());
  }

  async status(): Promise<LabStatus> {
    const { statusOf } = await import('./status.js');
    return statusOf(this.model, await this.#lab.session());
  }

  /** Measures how NATs behave, trait by trait, with packets through them (RFC 5780): of one router, or of all. */
  async probeNat(router?: string): Promise<readonly ProbedNat[]> {
    const { probeNats } = await import('./nat/probe.js');
    return probeNats(this.model, await this.#lab.session(), router);
  }

  /**
   * Changes the behaviour of a router's NAT while it runs. Connections of other routers are not disturbed.
   * @param settings the keys of `masquerade` as `KEY=VALUE`
   * @throws LabnetError exit code 2 for wrong settings, 1 where the router refuses them and stays as it was
   */
  async setNat(router: string, settings: readonly string[]): Promise<void> {
    const { setNat } = await import('./nat/running.js');
    this.#lab.update(await setNat(this.#lab.running(), router, settings));
  }

  /** The links with the delay, loss and rate they have now, beside what the topology file says. */
  links(): readonly LinkLine[] {
    return linkLines(this.model.machines);
  }

  /** The links with what was measured on each: see docs/links.md. */
  async measureLinks(): Promise<readonly LinkLine[]> {
    const { verdicts } = await this.verify({ kinds: ['link'] });
    return measuredLines(this.links(), verdicts);
  }

  /**
   * Changes links while the lab runs, several in one step. Open connections survive.
   * @throws LabnetError exit code 2 for wrong changes, 1 where this computer cannot make them; the lab is unchanged then
   */
  async changeLinks(changes: readonly LinkChange[]): Promise<readonly PlannedChange[]> {
    const { changeLinks } = await import('./link/running.js');
    const changed = await changeLinks(this.#lab.running(), changes);
    this.#lab.update(changed);
    return changed.changes;
  }

  /** Drops the mappings and connections of a router's NAT, as a reboot of the router would. */
  async flushNat(router: string): Promise<void> {
    const { flushNat } = await import('./nat/running.js');
    await flushNat(this.#lab.running(), this.model, router);
  }

  /**
   * Switches a machine off as if its power were cut, or on again as the topology says.
   * @throws LabnetError driver-unavailable where the driver cannot switch machines
   */
  async power(machine: string, isOn: boolean): Promise<void> {
    const { powerMachine } = await import('./power.js');
    await powerMachine(this.#lab.running(), this.model, this.#lab.machine(machine).name, isOn);
  }

  /** Carries out exchanges of packets between sockets in its machines, all at the same time. */
  async converse(dialogues: readonly Dialogue[]): Promise<readonly DialogueOutcome[]> {
    return (await this.#lab.session()).converse(dialogues);
  }

  /** Captures packets at one or more places, until `signal`, `count` or `seconds` ends it. */
  async capture(options: CaptureOptions): Promise<CaptureResult> {
    const { captureLab } = await import('./capture/index.js');
    return captureLab(this.model, (machine, argv) => this.#lab.enter(machine, argv), options);
  }

  /**
   * Sends one real packet and follows it and its answer hop by hop; where no answer comes, it finds the cause.
   * @throws LabnetError exit code 2 for unknown machines, and addresses or ports that cannot be
   */
  async trace(request: TraceRequest): Promise<TraceResult> {
    const { trace } = await import('./trace/index.js');
    const session = await this.#lab.session();
    const enter: Enter = (machine, argv) => this.#lab.enter(machine, argv);
    return trace({ lab: this.model, session, enter }, request);
  }

  /** Takes the whole lab down. A second call does nothing. */
  async down(): Promise<void> {
    await this.close();
    const { takeDown } = await import('./down.js');
    await takeDown(this.#lab.records, this.#lab.record);
  }

  /** Closes the connections to the lab and leaves it running. */
  close(): Promise<void> {
    return this.#lab.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.down();
  }

  #about(): LabAbout {
    const { file, driver } = this.#lab.record;
    return { lab: this.model, file, driver };
  }
}
