/**
 * A NAT whose behaviour is kept in maps of its own (nft(8)): which inside endpoint has which external port, and whom it
 * has sent to. The kernel translates; what it has chosen is learned behind it, so that the next flow of the same
 * mapping gets the same port, and no port is ever two mappings'.
 *
 *   own     inside endpoint (and destination, where the mapping depends on it) -> external address and port
 *   ports   external port -> inside endpoint, by which packets find their way in; for each address of the pool
 *   pairs   the same once more, as a set, to tell one's own port from another's
 *   opened  ports of these that inside hosts have asked for (port-control.ts)
 *   permits external endpoint and whom it has sent to: RFC 4787 section 5 has filters hang on the mapping
 */
import type { MasqueradeMapping } from '../../model/lab.js';
import { endpointMaps, translateTo } from './endpoints.js';
import { identityMaps } from './identities.js';
import { keyType } from './keys.js';
import { learning } from './learn.js';
import type { Translator } from './names.js';
import {
  isPerFlow,
  openedName,
  openName,
  permitSet,
  portsName,
  reservedName,
  takenName,
  forwardedPorts,
} from './names.js';
import type { Chain, Named, Parts } from './parts.js';
import { list, PORTED } from './parts.js';
import { choosing, isDrawn, portTables, sharingOut } from './ports.js';

export function translator(of: Translator): Parts {
  return { sets: setsOf(of), chains: chainsOf(of) };
}

function setsOf(of: Translator): Named[] {
  const { id, mapping, words } = of;
  const { behaviour, pool } = mapping;
  const pairType = isPerFlow(of)
    ? 'typeof meta l4proto . th sport . ct id'
    : `type inet_service . ${keyType(of)}`;
  return [
    ...identityMaps(of),
    ...(isPerFlow(of) ? [] : endpointMaps(`own${id}`, keyType(of), words)),
    ...pool.flatMap((_, index): Named[] => [
      ...endpointMaps(portsName(of, index), PORT, words),
      { kind: 'set', name: takenName(of, index), type: `type ${PORT}` },
    ]),
    ...reservedSets(of),
    { kind: 'set', name: `pairs${id}`, type: pairType },
    ...(mapping.portControl === undefined
      ? []
      : [
          ...endpointMaps(openedName(id), PORT, words),
          { kind: 'set', name: openName(id), type: `type ${PORT}` } as const,
        ]),
    ...permitSet(`permits${id}`, behaviour.filtering, words),
    ...(isDrawn(of) ? ['again', 'lost'] : []).map((name): Named => ({
      kind: 'set',
      name: `${name}${id}`,
      type: `type ${keyType(of)}`,
    })),
    ...portTables(of),
  ];
}

const PORT = 'inet_proto . inet_service';

/** A forwarded port is nobody's mapping. */
const reservedSets = (of: Translator): Named[] =>
  of.mapping.pool.flatMap((address, index) => {
    const elements = of.forwards.filter((one) => one.public === address).map(forwardedPorts);
    if (elements.length === 0) return [];
    const type = `type ${PORT}; flags interval;`;
    return [{ kind: 'set', name: reservedName(of, index), type, elements, isGiven: true }];
  });

function chainsOf(of: Translator): Chain[] {
  const { id, mapping, nameOf, origin } = of;
  const { ip } = of.words;
  const { behaviour, via, pool, inside } = mapping;
  const [out, from] = [`"${nameOf(via)}"`, list(inside.map(({ subnet }) => subnet))];
  return [
    {
      name: `dstnat${id}`,
      // Behind iptables', so that a forwarded port goes where it is forwarded to.
      hook: 'nat hook prerouting priority dstnat + 5; policy accept;',
      rules: pool.map(
        (address, index) =>
          `${behaviour.hairpin ? '' : `iifname ${out} `}${ip} daddr ${address} ${PORTED} counter ${translateTo('dnat', 'meta l4proto . th dport', portsName(of, index), of.words)} comment "${origin} in by a port that is open"`,
      ),
    },
    {
      name: `srcnat${id}`,
      hook: 'nat hook postrouting priority srcnat + 5; policy accept;',
      rules: [
        `oifname ${out} ${ip} saddr ${from} counter goto outward${id} comment "${origin} ${names(mapping)} behind ${pool.length > 1 ? 'a pool' : mapping.public}"`,
        ...hairpinRules(of, from),
      ],
    },
    ...sharingOut(of),
    ...choosing(of),
    ...learning(of),
    ...guarding(of),
  ];
}

const names = ({ inside }: MasqueradeMapping): string =>
  `${inside[0]?.segment ?? ''}${inside.length > 1 ? ' and others' : ''}`;

function hairpinRules(
  { id, mapping: { behaviour, inside }, others, nameOf, origin, words: { ip } }: Translator,
  from: string,
): string[] {
  const on = inside.flatMap(({ interface: name }) => (name === undefined ? [] : `"${nameOf(name)}"`));
  if (!behaviour.hairpin || on.length === 0) return [];
  // Who came by an address of another NAT is seen under one of that.
  const own = others.length > 0 ? `ct original ${ip} daddr != ${list(others)} ` : '';
  return [
    `oifname ${list(on)} ${ip} saddr ${from} ct status dnat ${own}counter goto outward${id} comment "${origin} to itself by a public address"`,
  ];
}

/** What is for nobody inside must leave no trace in connection tracking: it would take a port that a host is about to use. */
function guarding(of: Translator): Chain[] {
  const { id, mapping, nameOf, origin, words } = of;
  const { ip, icmp } = words;
  const { behaviour, pool, via } = mapping;
  const out = `"${nameOf(via)}"`;
  return [
    {
      name: `input${id}`,
      hook: 'filter hook input priority filter; policy accept;',
      rules: [
        ...of.own.map(
          (one) =>
            `iifname ${out} ct original ${ip} daddr ${one.public} ${PORTED} meta l4proto . ct original proto-dst { ${forwardedPorts(one)} } counter accept comment "${origin.replace(/\d+$/, `${one.line}`)} open"`,
        ),
        `iifname ${out} ${ip} daddr ${list(pool)} ${PORTED} ct state { new, invalid } counter drop comment "${origin} unasked from outside"`,
        ...(behaviour.hairpin
          ? []
          : pool.map(
              (address, index) =>
                `${ip} daddr ${address} ${PORTED} meta l4proto . th dport @${takenName(of, index)} counter drop comment "${origin} no hairpin"`,
            )),
      ],
    },
    ...(behaviour.icmpErrors
      ? []
      : [
          {
            name: `errors${id}`,
            hook: 'filter hook forward priority filter - 5; policy accept;',
            rules: [
              `iifname ${out} ct state related meta l4proto ${icmp} counter drop comment "${origin} no ICMP errors"`,
            ],
          },
        ]),
  ];
}
