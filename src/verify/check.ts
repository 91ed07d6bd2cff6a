/** What a check is: test traffic as data, and a pure judge of what came of it. */
import type { Command, Output } from '../core/command.js';
import type { Dialogue } from '../core/dialogue.js';
import type { Listener, ListenerState, Probe, ProbeResult } from '../core/probe.js';
import type { View } from '../model/view.js';
import type { LinkPair } from './link/expect.js';
import type { LinkMeasured } from './link/judge.js';
import type { Talked } from './nat/observe.js';
import type { NextPort } from './nat/talks.js';
import type { SeenPacket } from './tcpdump.js';

export type CheckProbe = Omit<Probe, 'id'>;

/** What was observed for one check; indexes are those of its own probes and listeners. */
export type Evidence = {
  readonly result: (probe: number) => ProbeResult;
  /** The packets of a probe that came in at a machine, which has to be among the check's captures. */
  readonly arrived: (machine: string, probe: number) => readonly SeenPacket[];
  /** Everything a machine's capture has; undefined where it cannot prove an absence. */
  readonly capture: (machine: string) => readonly SeenPacket[] | undefined;
  readonly listener: (index: number) => ListenerState;
  readonly talked: (index: number) => Talked;
  readonly output: (index: number) => Output;
  readonly link: () => LinkMeasured;
};

export type Judgement = {
  readonly status: 'pass' | 'fail' | 'error';
  /** In a few words. */
  readonly observed: string;
  /** Lines of tools and counts that show it. */
  readonly evidence: readonly string[];
  /** Indexes of the probes that went wrong, for the search for a cause. */
  readonly failed?: readonly number[];
  readonly cause?: string;
};

export type Check = {
  /** Stable and unique in a lab: `published/proxyA`. */
  readonly id: string;
  readonly kind: string;
  readonly expectation: string;
  /** The line of the topology it is written in, or follows from. */
  readonly line?: number;
  readonly probes: readonly CheckProbe[];
  readonly listeners: readonly Listener[];
  readonly captures: readonly string[];
  /** Dialogues, by ports that are free. */
  readonly talk?: (next: NextPort) => readonly Dialogue[];
  readonly commands?: readonly Command[];
  /** A link to measure, when all else is done: what is sent for that would disturb it. */
  readonly link?: LinkPair;
  readonly judge: (evidence: Evidence) => Judgement;
};

/** One kind of check: which of them a lab asks for, by its shape or in its file. */
export type CheckKind = {
  readonly kind: string;
  /** For the documentation and `labnet verify --help`. */
  readonly about: string;
  readonly derive: (view: View) => readonly Check[];
};
