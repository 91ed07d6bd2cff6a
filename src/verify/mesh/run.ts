/** Asks every pair of hosts that should reach each other. */
import { randomInt } from 'node:crypto';
import type { LostPair, MeshOutcome, MeshRun } from '../../core/mesh.js';
import { LOST_SHOWN, MESH_TRIES, meshAddress } from '../../core/mesh.js';
import { monotonic } from '../../core/monotonic.js';
import { inPhase } from '../../core/phases.js';
import type { Probe } from '../../core/probe.js';
import type { Lab } from '../../model/lab.js';
import type { Session } from '../../transport/session.js';
import { isAnswered } from '../checks/common.js';
import { planMesh } from './plan.js';

export type MeshReport = Omit<MeshOutcome, 'lostPairs'> & {
  readonly lab: string;
  readonly hosts: number;
  /** Ordered pairs without a path between them, which are not asked. */
  readonly apart: number;
  /** The first pairs without an answer. */
  readonly lostPairs: readonly { readonly from: string; readonly to: string; readonly address: string }[];
};

export async function verifyMesh(lab: Lab, session: Session): Promise<MeshReport> {
  const { hosts, choice, apart } = inPhase('derive', () => planMesh(lab));
  const run: MeshRun = { run: randomInt(2 ** 32 - 1), hosts, choice };
  const outcome = await (session.mesh ?? ((mesh) => meshByProbes(mesh, session)))(run);
  const lostPairs = outcome.lostPairs.map(({ from, to }) => ({
    from: hosts[from]?.machine ?? '',
    to: hosts[to]?.machine ?? '',
    address: meshAddress(run, from, to) ?? '',
  }));
  return { lab: lab.name, hosts: hosts.length, apart, ...outcome, lostPairs };
}

/** For each host, the indexes of the hosts that it asks. */
export type MeshHosts = readonly { readonly machine: string; readonly asks: readonly number[] }[];

export function meshHostsOf(lab: Lab): MeshHosts {
  const { hosts, choice } = planMesh(lab);
  const mesh: MeshRun = { run: 0, hosts, choice };
  return hosts.map(({ machine }, from) => ({
    machine,
    asks: hosts.flatMap((_, to) => (meshAddress(mesh, from, to) === undefined ? [] : to)),
  }));
}

/** The most probes of a mesh at the same time. */
const CHUNK = 2048;
const INTERVAL = 500;
const WAIT = 1_000;

type Asked = LostPair & { readonly probe: Probe };

/** The same with ordinary probes, for drivers that reach machines one by one. */
export async function meshByProbes(mesh: MeshRun, session: Session): Promise<MeshOutcome> {
  const started = monotonic();
  const count = { pairs: 0, answered: 0, sent: 0, again: 0, duplicates: 0 };
  const lostPairs: LostPair[] = [];
  for (const asked of chunks(mesh)) {
    const probes = asked.map(({ probe }) => probe);
    const { results } = await session.test({ run: mesh.run, probes, listeners: [], captures: [] });
    count.pairs += asked.length;
    for (const [index, { from, to, probe }] of asked.entries()) {
      const result = results[index];
      count.sent += result?.sent ?? 0;
      if ((result?.sent ?? 0) > 1) count.again++;
      const isRight = result && isAnswered(result) && result.replies.some((reply) => reply.from === probe.to);
      if (isRight) count.answered++;
      else if (lostPairs.length < LOST_SHOWN) lostPairs.push({ from, to });
    }
  }
  return {
    ...count,
    lost: count.pairs - count.answered,
    lostPairs,
    duration: Math.round(monotonic() - started),
  };
}

function* chunks(mesh: MeshRun): Generator<readonly Asked[]> {
  let asked: Asked[] = [];
  const { hosts } = mesh;
  for (let step = 1; step < hosts.length; step++)
    for (const [from, { machine }] of hosts.entries()) {
      const to = (from + step) % hosts.length;
      const address = meshAddress(mesh, from, to);
      if (address === undefined) continue;
      const id = asked.length;
      const how = { count: MESH_TRIES, interval: INTERVAL, wait: WAIT };
      asked.push({ from, to, probe: { id, machine, protocol: 'icmp', to: address, ...how } });
      if (asked.length < CHUNK) continue;
      yield asked;
      asked = [];
    }
  if (asked.length > 0) yield asked;
}
