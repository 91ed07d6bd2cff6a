/** What a full neighbour table does to verdicts: what was lost for want of an entry says nothing of the lab. */
import type { Judgement } from './check.js';
import type { Trait } from './nat/judge.js';

/** The table is the computer's, which all namespaces share (arp(7), gc_thresh3). */
const FULL =
  "this computer's neighbour table was full, which all labs and programs share: as root 'sysctl -w net.ipv4.neigh.default.gc_thresh3=8192 net.ipv6.neigh.default.gc_thresh3=8192', or run less at once, and verify again";

/** @param refused how often the kernel had no room for a neighbour meanwhile, of this lab or of another */
export function crowded(judgement: Judgement, refused: number): Judgement {
  const { status, silence, observed, evidence } = judgement;
  if (refused === 0 || silence === 'broken') return judgement;
  const isUnproven = status === 'pass' && silence === 'kept';
  if (status !== 'fail' && !isUnproven) return judgement;
  const line = `/proc/net/stat: table_fulls ${refused} more than before (docs/limits.md)`;
  return {
    ...judgement,
    ...(isUnproven && { status: 'error', observed: `${observed}, which proves nothing` }),
    cause: FULL,
    evidence: [...evidence, line],
  };
}

/** The same of a measured NAT. */
export const crowdedTrait = (trait: Trait, refused: number): Trait =>
  refused > 0 && trait.status === 'pass' && isSilent(trait)
    ? { ...trait, status: 'error', shows: FULL }
    : trait;

/** Whether something was kept out, or did not turn round: no packet is all that shows it. */
export const isSilent = ({ trait, observed }: Trait): boolean =>
  trait === 'hairpin'
    ? observed.includes('no')
    : trait.endsWith(' filtering') && !observed.includes('endpoint-independent');
