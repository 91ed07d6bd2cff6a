/** A check is test traffic as data, and a pure function that judges the result. */
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

/** The observations for one check. Indexes refer to its own probes, listeners and commands. */
export type Evidence = {
  readonly result: (probe: number) => ProbeResult;
  /** The packets of a probe that arrived at a machine, which must be among the check's captures. */
  readonly arrived: (machine: string, probe: number) => readonly SeenPacket[];
  /** Whether a machine's capture is complete: otherwise it cannot prove an absence. */
  readonly sawAll: (machine: string) => boolean;
  /** All packets of a machine's capture; none where it is incomplete. */
  readonly capture: (machine: string) => readonly SeenPacket[];
  readonly listener: (index: number) => ListenerState;
  readonly talked: (index: number) => Talked;
  readonly output: (index: number) => Output;
  readonly link: () => LinkMeasured;
};

export type Judgement = {
  readonly status: 'pass' | 'fail' | 'error';
  /** In a few words. */
  readonly observed: string;
  /** Output of tools and counts that support the verdict. */
  readonly evidence: readonly string[];
  /** Of a check that wants no packet to get through: whether none did. */
  readonly silence?: 'kept' | 'broken';
  /** Indexes of the failed probes, for the search for a cause. */
  readonly failed?: readonly number[];
  readonly cause?: string;
};

export type Check = {
  /** Stable and unique in a lab: `published/proxyA`. */
  readonly id: string;
  readonly kind: string;
  readonly expectation: string;
  /** The line of the topology that it is written in or derived from. */
  readonly line?: number;
  readonly probes: readonly CheckProbe[];
  readonly listeners: readonly Listener[];
  readonly captures: readonly string[];
  /** Makes its dialogues, with free ports. */
  readonly talk?: (next: NextPort) => readonly Dialogue[];
  readonly commands?: readonly Command[];
  /** A link to measure after all other checks, as their packets would disturb the measurement. */
  readonly link?: LinkPair;
  readonly judge: (evidence: Evidence) => Judgement;
};

/** A kind of check, which derives its checks from a lab. */
export type CheckKind = {
  readonly kind: string;
  /** For the documentation and `labnet verify --help`. */
  readonly about: string;
  readonly derive: (view: View) => readonly Check[];
};
