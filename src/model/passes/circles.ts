/** Routers whose default routes lead to one another: what none of them knows goes round until its hop limit is used up. */
import { FAMILIES } from '../draft.js';
import type { Draft, DraftMachine, Pass } from '../draft.js';
import type { Family } from '../../core/ip.js';

export const findCircles: Pass = (draft) => {
  const told = new Set<DraftMachine>();
  for (const family of FAMILIES)
    for (const router of draft.routers) {
      const way: DraftMachine[] = [];
      let next: DraftMachine | undefined = router;
      while (next && !way.includes(next) && !told.has(next)) {
        way.push(next);
        next = nextRouter(draft, next, family);
      }
      const circle = next && way.includes(next) ? way.slice(way.indexOf(next)) : [];
      draft.spend(way.length, router.path);
      way.forEach((one) => told.add(one));
      if (circle.length > 0) say(draft, circle);
    }
};

function nextRouter(
  draft: Draft,
  { routes, interfaces }: DraftMachine,
  family: Family,
): DraftMachine | undefined {
  const route = routes.find((one) => one.to === 'default' && one.family === family);
  const on = interfaces.find(({ name }) => name === route?.interface);
  const owner = route && on?.segment.taken.get(route.via);
  const found = owner === undefined ? undefined : draft.machines.get(owner);
  return found?.kind === 'router' ? found : undefined;
}

function say(draft: Draft, circle: readonly DraftMachine[]): void {
  const names = circle.map(({ name }) => name);
  const [first] = circle;
  if (!first) return;
  draft.report(
    'gateway-circle',
    `the default routes of ${names.join(', ')} lead in a circle: what none of them knows goes round in it`,
    first.path,
    { part: 'key', fix: `let one of them have another gateway, or none` },
  );
}
