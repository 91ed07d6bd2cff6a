/** Every machine's default route: the written gateway, the segment's, or the only router there. */
import type { Family } from '../../core/ip.js';
import { contains, formatAddress, parseAddress, sameAddress } from '../../core/ip.js';
import { memoizedFor } from '../../core/memo.js';
import { didYouMean, list } from '../../core/suggest.js';
import type { Draft, DraftInterface, DraftMachine, DraftSegment, Fix, Pass } from '../draft.js';
import { FAMILIES, isDamagedMachine, isInside, machinesNamed, routerNames } from '../draft.js';

export const chooseGateways: Pass = (draft) => {
  for (const segment of draft.segments.values()) checkWritten(draft, segment);
  for (const machine of draft.machines.values()) {
    const { gateway } = machine.written;
    if (gateway === 'none') continue;
    if (gateway !== undefined) setWritten(draft, machine, gateway);
    else if (machine.kind === 'host') setDerived(draft, machine);
  }
  for (const segment of draft.segments.values()) {
    if (draft.damaged.has(`gateway of ${segment.name}`)) sayAmbiguous(draft, segment);
  }
};

function addDefault(machine: DraftMachine, at: DraftInterface, family: Family, via: string): void {
  machine.routes.push({ family, to: 'default', via, interface: at.name, origin: 'gateway' });
}

function setWritten(draft: Draft, machine: DraftMachine, gateway: string): void {
  const path = [...machine.path, 'gateway'];
  const address = parseAddress(gateway);
  const say: Say = (code, message, fix) => {
    if (!draft.damaged.has(machine.path.join('/'))) draft.report(code, message, path, { fix });
  };
  if (!address) {
    setRouter(draft, machine, gateway, say);
    return;
  }
  const on = machine.interfaces.find(
    ({ segment }) =>
      segment.prefixes[address.family] && contains(segment.prefixes[address.family] ?? never(), address),
  );
  const owner = on?.segment.interfaces.find(
    (one) => one.addresses[address.family] && sameAddress(one.addresses[address.family] ?? never(), address),
  );
  if (!on)
    say(
      'gateway-not-on-segment',
      `${gateway} is on no segment of ${machine.name}`,
      `use the address of a router on ${segmentsOf(machine)}`,
    );
  else if (owner?.machine === machine)
    say('gateway-is-self', `${gateway} is ${machine.name} itself`, 'use the address of another router');
  else if (owner?.machine.kind !== 'router')
    say('gateway-not-on-segment', `${gateway} is no router on ${on.segment.name}`, routersThere(on.segment));
  else addDefault(machine, on, address.family, gateway);
  // The other family has the gateway it would have had.
  if (owner && on) setDerived(draft, machine, address.family === 4 ? [6] : [4]);
}

function never(): never {
  throw new TypeError('looked up twice, found once');
}

const segmentsOf = ({ interfaces }: DraftMachine): string =>
  list(interfaces.map(({ segment }) => segment.name));

function routersThere({ name, routers }: DraftSegment): string {
  const names = list(routers.map(({ machine }) => machine.name));
  return names ? `routers on ${name}: ${names}` : `${name} has no router: write 'gateway: none', or add one`;
}

type Say = (code: Parameters<Draft['report']>[0], message: string, fix: Fix) => void;

function setRouter(draft: Draft, machine: DraftMachine, name: string, say: Say): void {
  const named = machinesNamed(draft, name);
  const [router] = named;
  if (router?.kind !== 'router') {
    if (isDamagedMachine(draft, name)) return;
    const isHost = router !== undefined;
    say(
      'unknown-router',
      isHost ? `'${name}' is a host, and hosts do not forward` : `there is no router '${name}'`,
      () =>
        isHost && routerNames(draft).length === 0
          ? `write ${name} below 'routers'`
          : didYouMean(name, routerNames(draft), 'routers'),
    );
    return;
  }
  if (router === machine) {
    say('gateway-is-self', `${name} is its own gateway`, 'name another router');
    return;
  }
  const best = firstShared(machine, named);
  if (best) useRouter(machine, best.own, best.other, FAMILIES);
  else if (!draft.damaged.has(router.path.join('/'))) {
    say(
      'gateway-not-on-segment',
      `router ${name} is on no segment of ${machine.name} (${segmentsOf(machine)})`,
      `attach ${name} to it, or name a router that is there`,
    );
  }
}

/** Of the segments that a machine shares with a router, or with one of a counted group, the first. */
function firstShared(
  { interfaces }: DraftMachine,
  routers: readonly DraftMachine[],
): { readonly own: DraftInterface; readonly other: DraftInterface } | undefined {
  for (const own of interfaces) {
    const other =
      routers.length === 1
        ? routers[0]?.on.get(own.segment)
        : own.segment.routers.find(({ machine }) => machine.path === routers[0]?.path);
    if (other) return { own, other };
  }
  return undefined;
}

function useRouter(
  machine: DraftMachine,
  own: DraftInterface,
  router: DraftInterface,
  families: readonly Family[],
): void {
  for (const family of families) {
    const via = router.addresses[family];
    if (via && own.addresses[family]) addDefault(machine, own, family, formatAddress(via));
  }
}

function setDerived(draft: Draft, machine: DraftMachine, families: readonly Family[] = FAMILIES): void {
  const usable = machine.interfaces.flatMap((own) => {
    const router = gatewayOf(draft, own.segment);
    return router ? [{ own, router }] : [];
  });
  const [best] = usable;
  if (!best) return;
  const others = usable.filter(({ router }) => router.machine !== best.router.machine);
  if (others.length === 0) {
    useRouter(machine, best.own, best.router, families);
    return;
  }
  const names = usable.map(({ own, router }) => `${router.machine.name} on ${own.segment.name}`);
  draft.report(
    'gateway-ambiguous',
    `${machine.name} is on several segments with a gateway: ${list(names)}`,
    machine.path,
    {
      part: 'key',
      fix: `choose one: 'gateway: ${best.router.machine.name}', or 'gateway: none'`,
    },
  );
}

const gatewaysIn = memoizedFor((draft: Draft) =>
  memoizedFor((segment: DraftSegment) => findGateway(draft, segment)),
);

const gatewayOf = (draft: Draft, segment: DraftSegment): DraftInterface | undefined =>
  gatewaysIn(draft)(segment);

/** The segment's own gateway, the only router on it, or the only one for which it is not the outside of a NAT. */
function findGateway(draft: Draft, { routers, gateway, name }: DraftSegment): DraftInterface | undefined {
  if (gateway !== undefined) return routers.find(({ machine }) => isCalled(machine, gateway));
  const inner = routers.length > 1 ? routers.filter((one) => !isOutside(one)) : routers;
  if (inner.length <= 1) return inner[0];
  // Said once a segment, in checkSegments: the hosts on it have the same problem.
  draft.damaged.add(`gateway of ${name}`);
  return undefined;
}

const isCalled = ({ name, group }: DraftMachine, wanted: string): boolean =>
  name === wanted || group?.name === wanted;

/** Whether its router translates, and what is behind that NAT is elsewhere. */
const isOutside = ({ machine, segment }: DraftInterface): boolean =>
  FAMILIES.some((family) => machine.inside[family].size > 0) && !isInside(machine, segment);

function sayAmbiguous(draft: Draft, segment: DraftSegment): void {
  const routers = segment.routers.filter((one) => !isOutside(one)).map(({ machine }) => machine.name);
  draft.report(
    'gateway-ambiguous',
    `${segment.name} has several routers that could be the gateway: ${list(routers)}`,
    segment.path,
    {
      part: 'key',
      fix: `choose one for the segment, '${segment.name}: { subnet: …, gateway: ${routers[0] ?? ''} }', or for each host ('gateway: none' for none)`,
    },
  );
}

function checkWritten(draft: Draft, { name, path, group, gateway, routers }: DraftSegment): void {
  if (gateway === undefined || (group && group.index > 0) || isDamagedMachine(draft, gateway)) return;
  if (routers.some(({ machine }) => isCalled(machine, gateway))) return;
  const isRouter = machinesNamed(draft, gateway)[0]?.kind === 'router';
  const at = [...path, 'gateway'];
  if (isRouter)
    draft.report('gateway-not-on-segment', `router ${gateway} is not on ${name}`, at, {
      fix: `attach it: 'interfaces: { ${name}: auto }' under ${gateway}`,
    });
  else
    draft.report('unknown-router', `there is no router '${gateway}'`, at, {
      fix: () => didYouMean(gateway, routerNames(draft), 'routers'),
    });
}
