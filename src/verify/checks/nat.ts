import { count } from '../../core/text.js';
import type { Machine, MasqueradeMapping } from '../../model/lab.js';
import type { View } from '../../model/view.js';
import { mappingFamily, ownAddress } from '../../model/view.js';
import { conntrackSysctls } from '../../nat/conntrack.js';
import type { Check, CheckKind, Evidence, Judgement } from '../check.js';
import { isSilent } from '../crowded.js';
import type { Actors } from '../nat/actors.js';
import { actorsOf } from '../nat/actors.js';
import type { Trait } from '../nat/judge.js';
import { timeoutTraits, traitsOf } from '../nat/judge.js';
import type { Talks } from '../nat/observe.js';
import type { NextPort, Talk } from '../nat/talks.js';
import { talkOf, TALKS } from '../nat/talks.js';

export const nat: CheckKind = {
  kind: 'nat',
  about:
    'a NAT maps, filters, hairpins and numbers its ports as it is declared to, for UDP and TCP (RFC 4787, RFC 5382)',
  derive: (view) => natProbes(view).map(({ check }) => check),
};

const TIMEOUT = 30_000;

export type NatProbe = {
  readonly router: string;
  readonly mapping: MasqueradeMapping;
  readonly check: Check;
  readonly traits: (evidence: Evidence) => Trait[];
};

/** A check for each masquerade mapping that has hosts on both sides. */
export const natProbes = (view: View): NatProbe[] =>
  view.routers.flatMap((router) => {
    const shared = router.nat.filter((one) => one.kind === 'masquerade');
    return shared.flatMap((mapping) => natProbe(view, router, mapping, shared.length > 1));
  });

function natProbe(view: View, router: Machine, mapping: MasqueradeMapping, isOneOfMany: boolean): NatProbe[] {
  const actors = actorsOf(view, router, mapping);
  if (!actors) return [];
  const { behaviour, preset } = mapping;
  const talks = TALKS.filter((talk) => isTelling(talk, mapping, actors));
  const timeouts = conntrackSysctls(router);
  const files = Object.keys(timeouts).map((key) => `/proc/sys/${key.replaceAll('.', '/')}`);
  const traits = (evidence: Evidence): Trait[] => [
    ...talkedTraits(view, mapping, talks, evidence),
    ...timeoutTraits(timeouts, evidence.output(0)),
  ];
  const check: Check = {
    id: `nat/${router.name}${isOneOfMany ? `:${mapping.line}` : ''}`,
    kind: 'nat',
    expectation: `${router.name} is ${preset}: ${behaviour.mapping} mapping, ${behaviour.filtering} filtering, ${behaviour.ports} ports`,
    line: mapping.line,
    probes: [],
    listeners: [],
    captures: [],
    // The hosts behind a router use different ports, as two hosts cannot both keep the same one.
    talk: (free) => {
      const next: NextPort = (...machines) => free(...machines, `behind ${router.name}`);
      return talks.map((talk) => talkOf[talk]({ actors, behaviour, next }));
    },
    commands: [{ machine: router.name, argv: ['cat', ...files], timeout: TIMEOUT }],
    judge: (evidence) => judge(traits(evidence)),
  };
  return [{ router: router.name, mapping, check, traits }];
}

function talkedTraits(
  view: View,
  mapping: MasqueradeMapping,
  talks: readonly Talk[],
  evidence: Evidence,
): Trait[] {
  const held = Object.fromEntries(
    talks.map((talk, index) => [talk, evidence.talked(index)]),
  ) as Partial<Talks>;
  const segments = new Set(mapping.inside.map(({ segment }) => segment));
  return traitsOf(mapping, held, (name) => {
    const one = view.machines.get(name)?.interfaces.find(({ segment }) => segments.has(segment));
    return one && ownAddress(one, mappingFamily(mapping));
  });
}

/** A filter belongs to a mapping: with a mapping for each destination two hosts behind one NAT never let each other in. */
function isTelling(talk: Talk, { behaviour, inside }: MasqueradeMapping, { isOpen }: Actors): boolean {
  if (talk === 'udp-filtering' || talk === 'tcp-filtering') return isOpen;
  if (talk !== 'hairpin') return true;
  const isNear = inside.some(({ interface: on }) => on !== undefined);
  const lets = behaviour.mapping === 'endpoint-independent' || behaviour.filtering === 'endpoint-independent';
  return isOpen && isNear && lets;
}

function judge(traits: readonly Trait[]): Judgement {
  const bad = traits.filter(({ status }) => status === 'fail');
  const failed = traits.filter(({ status }) => status === 'error');
  const evidence = traits.map(traitText);
  if (bad.length > 0) {
    const observed = bad.map(
      ({ trait, declared, observed: is }) => `${trait}: ${is.join(' or ')} instead of ${declared}`,
    );
    return {
      status: 'fail',
      observed: observed.join('; '),
      evidence,
      cause: 'it does not behave as declared',
    };
  }
  if (failed.length > 0)
    return { status: 'error', observed: failed.map(({ shows }) => shows).join('; '), evidence };
  return {
    status: 'pass',
    ...(traits.some(isSilent) && { silence: 'kept' }),
    observed: `${count(traits.length, 'trait')} as declared`,
    evidence,
  };
}

const traitText = ({ trait, declared, observed, shows }: Trait): string =>
  `${trait}: ${observed.join(' or ') || 'unclear'}${observed.includes(declared) ? '' : `, declared ${declared}`}${shows === '' ? '' : ` (${shows})`}`;
