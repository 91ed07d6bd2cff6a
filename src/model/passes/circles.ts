/** Routers whose default routes lead to one another: what none of them knows goes round until its hop limit is used up. */
import type { Family } from '../../core/ip.js';
import { circlesOf } from '../../core/circles.js';
import { FAMILIES, nextHop } from '../draft.js';
import type { Draft, DraftMachine, Pass } from '../draft.js';

export const findCircles: Pass = (draft) => {
  const told = new Set<DraftMachine>();
  for (const family of FAMILIES)
    for (const circle of circlesOf(draft.routers, (router) => nextRouter(draft, router, family))) {
      // Nearly always the same as that of the other family.
      if (!circle.every((router) => told.has(router))) say(draft, circle);
      for (const router of circle) told.add(router);
    }
};

function nextRouter(draft: Draft, router: DraftMachine, family: Family): DraftMachine | undefined {
  draft.spend(1, router.path);
  const route = router.routes.find((one) => one.to === 'default' && one.family === family);
  const next = route && nextHop(draft, router, route)?.machine;
  return next?.kind === 'router' ? next : undefined;
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
