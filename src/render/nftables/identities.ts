/**
 * Numbers for IPv6 addresses. An nft(8) of before 1.0.7 fills no map by a key of more than 16 bytes, which an address
 * and a port are: hosts get a number each when they are first seen, and so do those they send to, where the mapping
 * depends on it. A packet carries both in its mark and its priority, which nothing else here reads.
 */
import type { Translator } from './names.js';
import { isPerFlow } from './names.js';
import type { Chain, Named } from './parts.js';

export const HOST = 'meta mark';
export const PEER = 'meta priority';

const NUMBERS = 'numgen inc mod 2147483647 offset 1';

export const isNumbered = (of: Translator): boolean => of.words.ip === 'ip6' && !isPerFlow(of);

const dependsOnPeer = ({ mapping: { behaviour } }: Translator): boolean =>
  behaviour.mapping === 'address-dependent';

const names = (of: Translator): { readonly map: string; readonly type: string; readonly into: string }[] => [
  { map: `hosts${of.id}`, type: 'mark', into: HOST },
  ...(dependsOnPeer(of) ? [{ map: `peers${of.id}`, type: 'classid', into: PEER }] : []),
];

export const identityMaps = (of: Translator): Named[] =>
  isNumbered(of)
    ? names(of).flatMap(({ map, type }): Named[] => [
        { kind: 'map', name: map, type: `type ipv6_addr : ${type}` },
        // Kernels before 6.10 ask no map whether it has something.
        { kind: 'set', name: `known_${map}`, type: 'type ipv6_addr' },
      ])
    : [];

/** Which way the connection goes that a packet is of: out of an inside host, or in to one that answers. */
export type Way = 'out' | 'in';

/** What to jump to before a key is asked for; nothing where addresses are keys themselves. */
export const identify = (of: Translator, way: Way): string[] =>
  isNumbered(of) ? [`jump who_${way}${of.id}`] : [];

export const identifying = (of: Translator): Chain[] =>
  isNumbered(of) ? [numbering(of, 'out'), numbering(of, 'in')] : [];

/** As long as anything that is known by the number. */
const timeoutOf = ({ mapping: { behaviour } }: Translator): number =>
  Math.max(...Object.values(behaviour.timeouts));

function numbering(of: Translator, way: Way): Chain {
  const timeout = `timeout ${timeoutOf(of)}s`;
  const direction = way === 'out' ? 'original' : 'reply';
  const addresses = [`ct ${direction} ip6 saddr`, `ct ${direction} ip6 daddr`];
  return {
    name: `who_${way}${of.id}`,
    rules: names(of).flatMap(({ map, into }, index) => {
      const address = addresses[index] ?? '';
      return [
        `${address} != @known_${map} add @${map} { ${address} ${timeout} : ${NUMBERS} } add @known_${map} { ${address} ${timeout} }`,
        `${into} set ${address} map @${map}`,
        `update @${map} { ${address} ${timeout} : ${into} } update @known_${map} { ${address} ${timeout} }`,
      ];
    }),
  };
}
