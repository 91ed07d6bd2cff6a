/** Who may come in to hosts that have a public address of their own. */
import type { Dependence } from '../../core/nat-words.js';
import type { Machine, StaticMapping } from '../../model/lab.js';
import { LINUX_TIMEOUTS } from '../../nat/behaviour.js';
import { isFiltered } from '../../nat/rules/kind.js';
import type { Parts } from './parts.js';
import { list, PORTED } from './parts.js';
import { LEARN_HOOK, permitSet, WORDS } from './names.js';

export function filterParts({ nat }: Machine, filtering: Dependence): Parts[] {
  const hosts = nat.filter(
    (one): one is StaticMapping => one.kind === 'static' && isFiltered(one) && one.filtering === filtering,
  );
  if (hosts.length === 0) return [];
  const name = filtering === 'address-dependent' ? 'address' : 'port';
  const isPort = filtering === 'address-and-port-dependent';
  const inside = list(hosts.map(({ inside: { address } }) => address));
  const publics = list(hosts.map((one) => one.public));
  const unasked = `meta l4proto . ip daddr . th dport . ip saddr${isPort ? ' . th sport' : ''} != @permits_${name}`;
  const asked = (protocol: 'tcp' | 'udp', seconds: number): string =>
    `ip saddr ${inside} meta l4proto ${protocol} update @permits_${name} { meta l4proto . ip saddr . th sport . ip daddr${isPort ? ' . th dport' : ''} timeout ${seconds}s }`;
  return [
    {
      sets: permitSet(`permits_${name}`, filtering, WORDS[4]),
      chains: [
        {
          name: `permit_${name}`,
          hook: 'filter hook prerouting priority mangle; policy accept;',
          rules: [
            asked('udp', LINUX_TIMEOUTS['udp-stream']),
            asked('tcp', LINUX_TIMEOUTS['tcp-established']),
          ],
        },
        {
          name: `filter_${name}`,
          hook: LEARN_HOOK,
          rules: [
            `ct original ip daddr ${publics} ct status dnat ct direction original ct state new ${PORTED} ${unasked} counter drop comment "static: unasked"`,
          ],
        },
      ],
    },
  ];
}
