import type { Family } from '../../core/ip.js';
import { cidr, contains, address as read } from '../../core/ip.js';
import type { Machine } from '../../model/lab.js';
import type { View } from '../../model/view.js';
import { isolatedSegments, ownAddress } from '../../model/view.js';
import type { Check, CheckKind } from '../check.js';
import { judgeBlocked } from './blocked.js';
import { expectNothing, reachOf, speakerOf } from './common.js';
import { fromText, speakers, spread } from './spread.js';

export const isolated: CheckKind = {
  kind: 'isolated',
  about:
    'nothing untranslated reaches a segment behind NAT from outside: sent, not answered, not seen at the target',
  derive: (view) =>
    view.routers.flatMap((router, turn) =>
      ([4, 6] as const).flatMap((family) =>
        isolatedSegments(router, family).flatMap((segment) => checkOf(view, segment, family, turn)),
      ),
    ),
};

function checkOf(view: View, segment: string, family: Family, turn: number): Check[] {
  const target = speakerOf(view, segment);
  const address = target?.interfaces.flatMap((one) =>
    one.segment === segment ? (ownAddress(one, family) ?? []) : [],
  )[0];
  if (!target || address === undefined) return [];
  const all = outsiders(view, segment, address, family);
  const probes = spread(all, turn).map(({ name }) => expectNothing(name, 'icmp', address));
  if (probes.length === 0) return [];
  return [
    {
      id: `isolated${family === 6 ? '6' : ''}/${segment}`,
      kind: 'isolated',
      expectation: `nothing untranslated reaches ${segment} (${target.name}, ${address}) from ${fromText(probes.length, all.length)}`,
      probes,
      listeners: [],
      captures: [target.name],
      judge: (evidence) => judgeBlocked(probes, { machine: target.name, isFilter: false }, evidence),
    },
  ];
}

/** One host of each segment that must not reach the target untranslated, and does not have its subnet itself. */
function outsiders(view: View, segment: string, address: string, family: Family): Machine[] {
  const target = read(address);
  return speakers(view, (name) => name === segment).filter((speaker) => {
    const isOwn = speaker.interfaces.some(({ addresses }) =>
      addresses.some((own) => contains(cidr(own).prefix, target)),
    );
    return !isOwn && !reachOf(view, speaker, family).segments.has(segment);
  });
}
