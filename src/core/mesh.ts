/** A full mesh as data: every host asks every other that it reaches. Of a million pairs none is an object of its own. */
import type { Milliseconds } from './command.js';

export type MeshHost = {
  readonly machine: string;
  /** Hosts of one kind reach the same, by the same sort of address. */
  readonly kind: number;
  /** Where it may be reached. */
  readonly addresses: readonly string[];
};

export type MeshRun = {
  /** Tells this run's packets from any other's; 32 bits. */
  readonly run: number;
  readonly hosts: readonly MeshHost[];
  /** By the kinds of who asks and who is asked: which of the addresses is asked; -1 where there is no way. */
  readonly choice: readonly (readonly number[])[];
  /** How much longer than usual an answer may be on its way. */
  readonly longer?: Milliseconds;
};

/** What one of several who ask at the same time asks: for the hosts from `first` up to, but not with, `end`. */
export type MeshShare = MeshRun & { readonly askers: { readonly first: number; readonly end: number } };

/** Hosts by their place in the run. */
export type LostPair = { readonly from: number; readonly to: number };

export type MeshOutcome = {
  readonly pairs: number;
  readonly answered: number;
  /** Packets: more than pairs where some were asked again. */
  readonly sent: number;
  /** Pairs that were asked more than once. */
  readonly again: number;
  /** Answers to what was answered already. */
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

/** The run in as many shares of neighbouring hosts, none of them empty. */
export function meshShares(mesh: MeshRun, wanted: number): readonly MeshShare[] {
  const { length } = mesh.hosts;
  const count = Math.max(1, Math.min(wanted, length));
  const bound = (index: number): number => Math.floor((index * length) / count);
  return Array.from({ length: count }, (_, index) => ({
    ...mesh,
    askers: { first: bound(index), end: bound(index + 1) },
  }));
}

/** What several found who asked at the same time; their lost pairs are in the order of the shares. */
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

/** The address that one host asks another at; undefined where there is no way, or they are the same. */
export function meshAddress({ hosts, choice }: MeshRun, from: number, to: number): string | undefined {
  const [source, target] = [hosts[from], hosts[to]];
  if (from === to || !source || !target) return undefined;
  return target.addresses[choice[source.kind]?.[target.kind] ?? -1];
}
