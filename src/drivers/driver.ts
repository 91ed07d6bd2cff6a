/** The contract of a driver: the life cycle of a lab, and a way to its machines. It knows nothing of NAT or checks. */
import type { Diagnostic } from '../core/diagnostic.js';
import type { Emit } from '../core/events.js';
import type { Lab } from '../model/lab.js';
import type { LabPlan } from '../plan/build.js';
import type { Change } from '../plan/diff.js';
import type { RenderedFile } from '../render/scripts.js';
import type { LocalCommand } from '../transport/piped.js';
import type { Session } from '../transport/session.js';

/** What a driver needs to find a running lab again: plain data, kept in the lab's record. */
export type Runtime = unknown;

/** Where a lab is made. */
export type Site = {
  /** The folder of the lab's record, by which what is left of it can be found without the record. */
  readonly label: string;
  /** The folder of the topology file, where its scripts are. */
  readonly baseDir: string;
  /** Machines of a lasting lab that are to be another; the others are left alone. All where it is left out. */
  readonly only?: readonly string[];
  /** Writes down what is there so far; for a lasting driver before it makes anything that would have to go again. */
  readonly save: (runtime: Runtime) => void;
};

/** What the command line has for one driver only. */
export type DriverOptions = {
  /** Whether this process does nothing else meanwhile: its main thread may then go into the namespaces of a lab, and come back. */
  readonly isAlone?: boolean | undefined;
  /** An ssh_config(5) file whose hosts are the machines. */
  readonly sshConfig?: string | undefined;
};

/**
 * A lab being made: nothing of it lives on before `commit`; everything goes with `abort`, which does nothing after. What
 * a lasting driver has saved stays in any case, for the next `up` to finish or for `down`.
 */
export type Creation = {
  /** Is told how many machines it will be, as soon as that is known and before they are; left out where it makes no difference. */
  readonly expect?: (machines: number) => void;
  readonly create: (lab: Lab, plan: LabPlan, site: Site) => Promise<Runtime>;
  /** Changes a lab that runs after all, in place of making one, with what was started up; left out where nothing was. */
  readonly alter?: Driver['alter'];
  readonly commit: () => Promise<void>;
  readonly abort: () => Promise<void>;
};

/** A running lab that is made another one in place: what is as it is to be is left alone. */
export type Alteration = {
  /** What `apply` would do. */
  readonly inspect: () => Promise<readonly Change[]>;
  /** May be done again where it failed or was stopped halfway, to this lab or to the one before. */
  readonly apply: () => Promise<readonly Change[]>;
  /** Whether anything may be another than before: false where `apply` was refused. */
  readonly hasBegun: () => boolean;
  /** Stops it, and lets go of the lab. */
  readonly close: () => Promise<void>;
};

/** What a lab is opened for: only who changes it has its lock. */
export type Purpose = 'look' | 'change';

/** From what to what a lab is to be changed. */
export type Alter = {
  readonly purpose: Purpose;
  readonly before: Lab;
  /** Whether `before` is surely what was made: false where a change was not finished, or a lab not made whole. */
  readonly isWhole: boolean;
  readonly after: Lab;
  /** Of `after`. */
  readonly plan: LabPlan;
  /** The machines that are to be another; the rest is neither looked at nor touched. All where it is left out. */
  readonly only?: ReadonlySet<string>;
  /** The folder of the topology file, where its scripts are. */
  readonly baseDir: string;
  readonly options: DriverOptions;
  readonly emit: Emit;
};

export type Driver = {
  readonly name: string;
  /** Whether its labs outlive this computer's uptime, and are gone on with where they are half made. */
  readonly lasting: boolean;
  /** What stands in the way of running here, each with its one-line fix; empty where nothing does. */
  readonly probe: () => Promise<Diagnostic[]>;
  /**
   * What it would do, as files that a person can read and run.
   * @param baseDir the folder of the topology file, where its own scripts are
   */
  readonly render: (lab: Lab, baseDir: string) => readonly RenderedFile[];
  /** What of a lab this driver leaves out, as warnings. */
  readonly leavesOut: (lab: Lab) => readonly Diagnostic[];
  /**
   * What there is too little of here for a lab, before anything of it is made: errors, each with the number and the fix, and
   * warnings.
   * @param before the lab that runs, where it is changed
   */
  readonly room: (lab: Lab, before?: Lab) => readonly Diagnostic[];
  /**
   * Starts up what creating needs, so that it is ready by the time the steps are known.
   * @param likely a lab that probably runs and is to be changed
   */
  readonly begin: (emit: Emit, options: DriverOptions, likely?: Runtime) => Creation;
  readonly isRunning: (runtime: Runtime) => boolean | Promise<boolean>;
  /** @param purpose 'change' under the lab's lock alone: who is left of a change that was killed is ended first */
  readonly connect: (lab: Lab, runtime: Runtime, purpose?: Purpose) => Promise<Session>;
  readonly alter: (runtime: Runtime, alter: Alter) => Promise<Alteration>;
  /** Runs a program with the terminal of the caller; its exit code, 128 and more for a signal. */
  readonly interact: (
    lab: Lab,
    runtime: Runtime,
    machine: string,
    argv: readonly string[],
  ) => Promise<number>;
  /** A program in a machine, as its user runs it, as a command line of this computer: for who reads its output as it comes. */
  readonly enter: (
    lab: Lab,
    runtime: Runtime,
    machine: string,
    argv: readonly string[],
  ) => Promise<LocalCommand>;
  /**
   * Takes a machine of a running lab away, as pulling its plug would, or brings it back as the lab has it. Left out where
   * machines are not the driver's to switch.
   */
  readonly power?: (lab: Lab, runtime: Runtime, machine: string, isOn: boolean) => Promise<void>;
  /** Takes down what runs under a label, for a lab whose record cannot be read. */
  readonly destroyLabelled: (label: string) => Promise<boolean>;
  /** Takes the lab down; false where nothing of it was running. */
  readonly destroy: (runtime: Runtime, emit: Emit) => Promise<boolean>;
};
