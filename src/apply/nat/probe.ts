/** Measures how the NATs of a running lab behave, trait by trait. */
import { badInput } from '../../core/errors.js';
import { didYouMean } from '../../core/suggest.js';
import type { Lab, Machine } from '../../model/lab.js';
import { viewOf } from '../../model/view.js';
import type { Session } from '../../transport/session.js';
import { natProbes } from '../../verify/checks/nat.js';
import { crowdedTrait } from '../../verify/crowded.js';
import type { Trait } from '../../verify/nat/judge.js';
import { gather } from '../../verify/run.js';
import { planTraffic } from '../../verify/traffic.js';

export type { Trait };

export type ProbedNat = {
  readonly router: string;
  /** The line of the mapping in the topology file. */
  readonly line: number;
  readonly preset: string;
  readonly traits: readonly Trait[];
};

/** @throws LabnetError machine-not-found where no router of that name has `masquerade` */
export async function probeNats(lab: Lab, session: Session, router?: string): Promise<readonly ProbedNat[]> {
  if (router !== undefined) requireNat(lab, router);
  const probes = natProbes(viewOf(lab)).filter((one) => router === undefined || one.router === router);
  const checks = probes.map(({ check }) => check);
  const { evidence, refused } = await gather(checks, planTraffic(checks), session);
  return probes.map(({ router: name, mapping, traits }, index) => ({
    router: name,
    line: mapping.line,
    preset: mapping.preset,
    traits: traits(evidence(index)).map((one) => crowdedTrait(one, refused)),
  }));
}

/** @throws LabnetError machine-not-found where no router of that name has `masquerade` */
export function requireNat(lab: Lab, router: string): Machine {
  const routers = lab.machines.filter(({ nat }) => nat.some(({ kind }) => kind === 'masquerade'));
  const found = routers.find(({ name }) => name === router);
  if (found) return found;
  const names = routers.map(({ name }) => name);
  const fix =
    names.length > 0
      ? didYouMean(router, names, 'routers with masquerade')
      : 'its topology has no masquerade';
  throw badInput(
    'machine-not-found',
    `there is no router '${router}' with 'masquerade' in lab ${lab.name}`,
    fix,
  );
}
