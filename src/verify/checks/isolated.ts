import type { Family } from '../../core/ip.js';
import { cidr, contains, address as read } from '../../core/ip.js';
import type { Machine } from '../../model/lab.js';
import type { View } from '../../model/view.js';
import { isolatedSegments, ownAddress } from '../../model/view.js';
import type { Check, CheckKind } from '../check.js';
import { judgeBlocked } from './blocked.js';
import { expectNothing, reachOf, speakerOf } from './common.js';
import { count } from '../../core/text.js';

export const isolated: CheckKind = {
  kind: 'isolated',
  about:
    'nothing untranslated reaches a segment behind NAT from outside: sent, not answered, not seen at the target',
  derive: (view) =>
    view.routers.flatMap((router) =>
      ([4, 6] as const).flatMap((family) =>
        isolatedSegments(router, family).flatMap((segment) => checkOf(view, segment, family)),
      ),
    ),
};

function checkOf(view: View, segment: string, family: Family): Check[] {
  const target = speakerOf(view, segment);
  const address = target?.interfaces.flatMap((one) =>
    one.segment === segment ? (ownAddress(one, family) ?? []) : [],
  )[0];
  if (!target || address === undefined) return [];
  const probes = outsiders(view, segment, address, family).map(({ name }) =>
    expectNothing(name, 'icmp', address),
  );
  if (probes.length === 0) return [];
  return [
    {
      id: `isolated${family === 6 ? '6' : ''}/${segment}`,
      kind: 'isolated',
      expectation: `nothing untranslated reaches ${segment} (${target.name}, ${address}) from ${count(probes.length, 'segment')}`,
      probes,
      listeners: [],
      captures: [target.name],
      judge: (evidence) => judgeBlocked(probes, { machine: target.name, isFilter: false }, evidence),
    },
  ];
}

/** One host of every segment from which no untranslated way leads in, and for which the address is not its own net's. */
function outsiders(view: View, segment: string, address: string, family: Family): Machine[] {
  const speakers = view.lab.segments.flatMap(({ name }) =>
    name === segment ? [] : (speakerOf(view, name) ?? []),
  );
  return [...new Set(speakers)].filter((speaker) => {
    const isOwn = speaker.interfaces.some(({ addresses }) =>
      addresses.some((own) => contains(cidr(own).prefix, read(address))),
    );
    return !isOwn && !reachOf(view, speaker, family).segments.has(segment);
  });
}
