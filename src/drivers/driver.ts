/** The contract of a driver: the life cycle of a lab, and connections to its machines. Drivers know nothing of NAT or checks. */
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

/** Options for making a lab. */
export type Site = {
  /** The folder of the lab's record, by which the lab can be found even without the record. */
  readonly label: string;
  /** The folder of the topology file, where its scripts are. */
  readonly baseDir: string;
  /** The machines of a lasting lab to set up; default: all. */
  readonly only?: readonly string[];
  /** Records what has been made so far. A lasting driver calls it before it makes anything that `down` must undo. */
  readonly save: (runtime: Runtime) => void;
};

/** Options for single drivers. */
export type DriverOptions = {
  /** Whether this process does nothing else meanwhile: its main thread may then go into the namespaces of a lab, and come back. */
  readonly isAlone?: boolean | undefined;
  /** An ssh_config(5) file whose hosts are the machines. */
  readonly sshConfig?: string | undefined;
};

/**
 * A lab being made. It does not survive this process before `commit`, and `abort` removes all of it; after `commit` it does nothing. What
 * a lasting driver has saved stays in any case, for the next `up` or `down`.
 */
export type Creation = {
  /** Is told how many machines it will be, as soon as that is known and before they are; left out where it makes no difference. */
  readonly expect?: (machines: number) => void;
  readonly create: (lab: Lab, plan: LabPlan, site: Site) => Promise<Runtime>;
  /** Changes the lab instead, if it turns out to run already, with what `begin` has started; undefined where nothing was started. */
  readonly alter?: Driver['alter'];
  readonly commit: () => Promise<void>;
  readonly abort: () => Promise<void>;
};

/** A change of a running lab in place. Parts that are right already are left alone. */
export type Alteration = {
  /** What `apply` would do. */
  readonly inspect: () => Promise<readonly Change[]>;
  /** Can be repeated after a failure or a stop halfway, towards this lab or back to the one before. */
  readonly apply: () => Promise<readonly Change[]>;
  /** Whether anything may have been changed; false where `apply` was refused. */
  readonly hasBegun: () => boolean;
  /** Stops the change, and closes the lab. */
  readonly close: () => Promise<void>;
};

/** What a lab is opened for. Changes need the lab's lock. */
export type Purpose = 'look' | 'change';

/** The lab before and after a change. */
export type Alter = {
  readonly purpose: Purpose;
  readonly before: Lab;
  /** False where `before` may not be what runs, as making or changing the lab was not finished. */
  readonly isWhole: boolean;
  readonly after: Lab;
  /** Of `after`. */
  readonly plan: LabPlan;
  /** The machines to change; the others are neither inspected nor touched. Default: all. */
  readonly only?: ReadonlySet<string>;
  /** The folder of the topology file, where its scripts are. */
  readonly baseDir: string;
  readonly options: DriverOptions;
  readonly emit: Emit;
};

export type Driver = {
  readonly name: string;
  /** Whether its labs survive a reboot of this computer. `up` continues with a half-made lab then. */
  readonly lasting: boolean;
  /** Why it cannot run here, each reason with a one-line fix; empty where it can. */
  readonly probe: () => Promise<Diagnostic[]>;
  /**
   * Writes what it would do as files that a person can read and run.
   * @param baseDir the folder of the topology file, where its own scripts are
   */
  readonly render: (lab: Lab, baseDir: string) => readonly RenderedFile[];
  /** Warnings about parts of a lab that this driver ignores. */
  readonly leavesOut: (lab: Lab) => readonly Diagnostic[];
  /**
   * Checks before anything is made whether a lab fits on this computer. Returns errors with numbers and fixes, and warnings.
   * @param before the running lab, where one is changed
   */
  readonly room: (lab: Lab, before?: Lab) => readonly Diagnostic[];
  /**
   * Starts what `create` needs early, so that it is ready when the steps are known.
   * @param likely a lab that probably runs already, and will be changed
   */
  readonly begin: (emit: Emit, options: DriverOptions, likely?: Runtime) => Creation;
  readonly isRunning: (runtime: Runtime) => boolean | Promise<boolean>;
  /** @param purpose 'change' only under the lab's lock: programs left by a killed change are ended first */
  readonly connect: (lab: Lab, runtime: Runtime, purpose?: Purpose) => Promise<Session>;
  readonly alter: (runtime: Runtime, alter: Alter) => Promise<Alteration>;
  /** Runs a program with the terminal of the caller. Returns its exit code; 128 and more for a signal. */
  readonly interact: (
    lab: Lab,
    runtime: Runtime,
    machine: string,
    argv: readonly string[],
  ) => Promise<number>;
  /** A command line of this computer that runs a program in a machine, for callers that read its output as it comes. */
  readonly enter: (
    lab: Lab,
    runtime: Runtime,
    machine: string,
    argv: readonly string[],
  ) => Promise<LocalCommand>;
  /**
   * Switches a machine off as if its power were cut, or on again as the lab has it. Undefined where the driver cannot
   * switch machines.
   */
  readonly power?: (lab: Lab, runtime: Runtime, machine: string, isOn: boolean) => Promise<void>;
  /** Takes a lab down by the folder of its record, where the record cannot be read. */
  readonly destroyLabelled: (label: string) => Promise<boolean>;
  /** Takes the lab down. Returns false where nothing of it was running. */
  readonly destroy: (runtime: Runtime, emit: Emit) => Promise<boolean>;
};
