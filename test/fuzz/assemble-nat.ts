/** Drafts of NAT to the data of a topology file. */
import type { Scene } from './scene.js';
import { at, defined, hasFour, hasSix, prefix4, six } from './scene.js';
import type { DraftNat } from './topologies.js';

export function natOf(scene: Scene, one: DraftNat, on: readonly number[]): unknown {
  const { names } = scene;
  const { kind, span, to, hasVia } = one;
  const via = at(on, one.via);
  if (kind === 'static' && scene.draft.hosts.length > 0)
    return defined({
      static: hostNear(scene, one, on, via),
      public: publicOf(scene, one, via),
      via: hasVia ? names.segment(via) : undefined,
      ...one.staticBehaviour,
    });
  if (kind === 'forward' && scene.draft.hosts.length > 0) {
    const last = span === undefined ? '' : `-${one.port + span}`;
    return {
      forward: `${one.protocol}/${one.port}${last}`,
      via: names.segment(via),
      to: `${hostNear(scene, one, on, via)}${to === undefined ? '' : `:${to}`}`,
    };
  }
  return sharedOf(scene, one, on, via);
}

/** Many behind one address or prefix, of one family or the other. */
function sharedOf(scene: Scene, one: DraftNat, on: readonly number[], via: number): unknown {
  const { draft, names } = scene;
  const isSix = one.kind === 'nat66' || one.kind === 'nptv6';
  const fits = isSix ? hasSix : hasFour;
  const inside = on.filter((index) => index !== via && fits(draft, index)).map(names.segment);
  const key = isSix ? one.kind : 'masquerade';
  const shared = { [key]: inside.length === 1 ? inside[0] : inside, via: names.segment(via) };
  if (key === 'nptv6') return { ...shared, public: `2001:db8:${0x100 + one.public}::/${one.length6}` };
  return defined({
    ...shared,
    public: one.pool === undefined ? undefined : poolOf(scene, one, via, isSix),
    ...one.behaviour,
    'port-control': isSix ? undefined : one.portControl,
  });
}

/** A host behind the router, where there is one. */
function hostNear(
  { draft, names }: Scene,
  { host, isOnSegment }: DraftNat,
  on: readonly number[],
  via: number,
): string {
  const near = draft.hosts.flatMap((one, index) =>
    one.on.some(
      (segment) => segment % draft.segments.length !== via && on.includes(segment % draft.segments.length),
    )
      ? [index]
      : [],
  );
  const index = near.length > 0 ? at(near, host) : host;
  const segment = at(draft.hosts, index).on[0] ?? 0;
  return `${names.host(index)}${isOnSegment === true ? `.${names.segment(segment)}` : ''}`;
}

const publicOf = ({ draft }: Scene, one: DraftNat, via: number): string =>
  one.pool !== undefined
    ? `172.31.${one.public}.0/28`
    : one.behaviour?.hairpin === true
      ? `${prefix4(draft, via)}.${one.public + 100}`
      : `172.31.0.${one.public}`;

function poolOf(scene: Scene, one: DraftNat, via: number, isSix: boolean): unknown {
  const first = 64 + 8 * (one.public % 16);
  if (isSix)
    return one.pool === '' ? `${six(scene.draft, via)}:${first}` : `${six(scene.draft, via)}:${first}/126`;
  const base = `${prefix4(scene.draft, via)}.${first}`;
  if (one.pool === '-range') return `${base}-${base.replace(/\d+$/, (last) => `${Number(last) + 3}`)}`;
  return one.pool === 'list' ? [base, `172.30.0.${one.public}`] : `${base}${one.pool ?? ''}`;
}
