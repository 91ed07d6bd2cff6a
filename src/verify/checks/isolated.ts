import { cidr, contains, address as read } from '../../core/ip.js';
import type { Machine } from '../../model/lab.js';
import type { View } from '../../model/view.js';
import { ownAddress } from '../../model/view.js';
import type { Check, CheckKind } from '../check.js';
import { judgeBlocked } from './blocked.js';
import { expectNothing, reachOf, speakerOf } from './common.js';
import { count } from '../../core/text.js';

export const isolated: CheckKind = {
  kind: 'isolated',
  about:
    'nothing untranslated reaches a segment behind NAT from outside: sent, not answered, not seen at the target',
  derive: (view) =>
    view.routers.flatMap((router) => router.isolated.flatMap((segment) => checkOf(view, segment))),
};

function checkOf(view: View, segment: string): Check[] {
  const target = speakerOf(view, segment);
  const address = target?.interfaces.flatMap((one) =>
    one.segment === segment ? (ownAddress(one, 4) ?? []) : [],
  )[0];
  if (!target || address === undefined) return [];
  const probes = outsiders(view, segment, address).map(({ name }) => expectNothing(name, 'icmp', address));
  if (probes.length === 0) return [];
  return [
    {
      id: `isolated/${segment}`,
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
function outsiders(view: View, segment: string, address: string): Machine[] {
  const speakers = view.lab.segments.flatMap(({ name }) =>
    name === segment ? [] : (speakerOf(view, name) ?? []),
  );
  return [...new Set(speakers)].filter((speaker) => {
    const isOwn = speaker.interfaces.some(({ addresses }) =>
      addresses.some((own) => contains(cidr(own).prefix, read(address))),
    );
    return !isOwn && !reachOf(view, speaker, 4).segments.has(segment);
  });
}
