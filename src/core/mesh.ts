/** A full mesh as data: every host asks every other that it reaches. Pairs are numbers, as there may be a million of them. */
import type { Milliseconds } from './command.js';

export type MeshHost = {
  readonly machine: string;
  /** Hosts of one kind reach the same hosts, by addresses of the same sort. */
  readonly kind: number;
  /** The addresses it may be reached by. */
  readonly addresses: readonly string[];
};

export type MeshRun = {
  /** Tells this run's packets from any other's; 32 bits. */
  readonly run: number;
  readonly hosts: readonly MeshHost[];
  /** By the kind of the asking and of the asked host: the index of the address to use; -1 where there is no path. */
  readonly choice: readonly (readonly number[])[];
  /** How much longer than usual to wait for an answer; milliseconds. */
  readonly longer?: Milliseconds;
};

/** The share of one of several engines: the asking hosts from `first` up to, but not including, `end`. */
export type MeshShare = MeshRun & { readonly askers: { readonly first: number; readonly end: number } };

/** Hosts by their index in the run. */
export type LostPair = { readonly from: number; readonly to: number };

export type MeshOutcome = {
  readonly pairs: number;
  readonly answered: number;
  /** Packets; more than the number of pairs where some were asked again. */
  readonly sent: number;
  /** Pairs that were asked more than once. */
  readonly again: number;
  /** Answers to questions that had been answered already. */
  readonly duplicates: number;
  readonly lost: number;
  /** The first of them. */
  readonly lostPairs: readonly LostPair[];
  /** Milliseconds. */
  readonly duration: number;
};

/** A pair is asked this often at most. */
export const MESH_TRIES = 3;
export const LOST_SHOWN = 1000;

/** Divides the run into shares of neighbouring hosts, none of them empty. */
export function meshShares(mesh: MeshRun, wanted: number): readonly MeshShare[] {
  const { length } = mesh.hosts;
  const count = Math.max(1, Math.min(wanted, length));
  const bound = (index: number): number => Math.floor((index * length) / count);
  return Array.from({ length: count }, (_, index) => ({
    ...mesh,
    askers: { first: bound(index), end: bound(index + 1) },
  }));
}

/** Adds the results of all shares; lost pairs are in the order of the shares. */
export function joinOutcomes(outcomes: readonly MeshOutcome[]): MeshOutcome {
  const sum = (of: (outcome: MeshOutcome) => number): number =>
    outcomes.reduce((all, one) => all + of(one), 0);
  return {
    pairs: sum(({ pairs }) => pairs),
    answered: sum(({ answered }) => answered),
    sent: sum(({ sent }) => sent),
    again: sum(({ again }) => again),
    duplicates: sum(({ duplicates }) => duplicates),
    lost: sum(({ lost }) => lost),
    lostPairs: outcomes.flatMap(({ lostPairs }) => lostPairs).slice(0, LOST_SHOWN),
    duration: Math.max(0, ...outcomes.map(({ duration }) => duration)),
  };
}

/** The address by which one host asks another; undefined where there is no path, or they are the same host. */
export function meshAddress({ hosts, choice }: MeshRun, from: number, to: number): string | undefined {
  const [source, target] = [hosts[from], hosts[to]];
  if (from === to || !source || !target) return undefined;
  return target.addresses[choice[source.kind]?.[target.kind] ?? -1];
}
