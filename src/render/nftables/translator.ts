/**
 * A NAT whose behaviour is kept in maps of its own (nft(8)): which inside endpoint has which external port, and whom it
 * has sent to. The kernel translates; what it has chosen is learned behind it, so that the next flow of the same
 * mapping gets the same port, and no port is ever two mappings'.
 *
 *   own     inside endpoint (and destination, where the mapping depends on it) -> external address and port
 *   ports   external port -> inside endpoint, by which packets find their way in; for each address of the pool
 *   pairs   the same once more, as a set, to tell one's own port from another's
 *   permits inside endpoint and whom it has sent to, for filters
 */
import type { Dependence, Timeouts } from '../../core/nat-words.js';
import type { ForwardMapping, MasqueradeMapping } from '../../model/lab.js';
import type { Chain, Named, Parts } from './parts.js';
import { list, PORTED } from './parts.js';
import { choosing, sharingOut } from './ports.js';

export type Translator = {
  /** Tells the names of one mapping's maps and chains from those of others. */
  readonly id: number;
  readonly mapping: MasqueradeMapping;
  /** Ports of the shared addresses that lead to a host by themselves. */
  readonly forwards: readonly ForwardMapping[];
  readonly nameOf: (name: string) => string;
  /** What a rule's comment begins with: FILE:LINE. */
  readonly origin: string;
};

export function translator(of: Translator): Parts {
  return { sets: setsOf(of), chains: chainsOf(of) };
}

/** By what a mapping is known: `ct original` is what it was before any translation. */
export const keyOf = (mapping: Dependence): string =>
  [
    'meta l4proto',
    'ct original ip saddr',
    'ct original proto-src',
    ...(mapping === 'endpoint-independent' ? [] : ['ct original ip daddr']),
  ].join(' . ');

const keyType = (mapping: Dependence): string =>
  `inet_proto . ipv4_addr . inet_service${mapping === 'endpoint-independent' ? '' : ' . ipv4_addr'}`;

/** Where every flow is a mapping of its own, connection tracking knows it already. */
const isPerFlow = ({ mapping }: Translator): boolean =>
  mapping.behaviour.mapping === 'address-and-port-dependent';

const pairOf = (of: Translator): string =>
  isPerFlow(of)
    ? 'meta l4proto . ct reply proto-dst . ct id'
    : `ct reply proto-dst . ${keyOf(of.mapping.behaviour.mapping)}`;

const ENDPOINT = 'ipv4_addr . inet_service';

/** The map of one address of the pool. */
export const portsName = ({ id, mapping }: Translator, index: number): string =>
  mapping.pool.length === 1 ? `ports${id}` : `ports${id}_${index + 1}`;

function setsOf(of: Translator): Named[] {
  const { id, mapping, forwards } = of;
  const { behaviour, pool } = mapping;
  const pairType = isPerFlow(of)
    ? 'typeof meta l4proto . th sport . ct id'
    : `type inet_service . ${keyType(behaviour.mapping)}`;
  return [
    ...(isPerFlow(of)
      ? []
      : [
          {
            kind: 'map',
            name: `own${id}`,
            type: `type ${keyType(behaviour.mapping)} : ${ENDPOINT}`,
          } as const,
        ]),
    ...pool.map((address, index): Named => ({
      kind: 'map',
      name: portsName(of, index),
      type: `type inet_proto . inet_service : ${ENDPOINT}`,
      elements: forwards.filter((one) => one.public === address).flatMap(reserved),
    })),
    { kind: 'set', name: `pairs${id}`, type: pairType },
    ...permitSet(`permits${id}`, behaviour.filtering),
    ...(behaviour.seed === undefined || isPerFlow(of)
      ? []
      : [{ kind: 'set', name: `again${id}`, type: `type ${keyType(behaviour.mapping)}` } as const]),
  ];
}

/** A forwarded port is nobody's mapping; of a range past all use, so many. */
const RESERVED_AT_MOST = 1_024;

function reserved({ protocol, ports, inside, toPort }: ForwardMapping): string[] {
  const many = Math.min(RESERVED_AT_MOST, ports.last - ports.first + 1);
  return Array.from(
    { length: many },
    (_, index) => `${protocol} . ${ports.first + index} : ${inside.address} . ${toPort + index}`,
  );
}

/** Whom an inside endpoint has sent to. */
export const permitSet = (name: string, filtering: Dependence): Named[] =>
  filtering === 'endpoint-independent'
    ? []
    : [
        {
          kind: 'set',
          name,
          type: `type inet_proto . ${ENDPOINT} . ipv4_addr${filtering === 'address-dependent' ? '' : ' . inet_service'}`,
        },
      ];

/** Written down before anything is translated. */
export function permitRules(name: string, filtering: Dependence, who: string, timeouts: Timeouts): string[] {
  const remote = filtering === 'address-dependent' ? 'ip daddr' : 'ip daddr . th dport';
  return (
    [
      ['udp', timeouts['udp-stream']],
      ['tcp', timeouts['tcp-established']],
    ] as const
  ).map(
    ([protocol, seconds]) =>
      `${who} meta l4proto ${protocol} update @${name} { meta l4proto . ip saddr . th sport . ${remote} timeout ${seconds}s }`,
  );
}

/** Asked when everything is translated, in both directions: a peer behind the same NAT is its public address. */
export const isUnasked = (name: string, filtering: Dependence): string =>
  `meta l4proto . ip daddr . th dport . ip saddr${filtering === 'address-dependent' ? '' : ' . th sport'} != @${name}`;

export const PERMIT_HOOK = 'filter hook prerouting priority mangle; policy accept;';
export const LEARN_HOOK = 'filter hook postrouting priority srcnat + 10; policy accept;';

function chainsOf(of: Translator): Chain[] {
  const { id, mapping, nameOf, origin } = of;
  const { behaviour, via, pool, inside } = mapping;
  const [out, from] = [`"${nameOf(via)}"`, list(inside.map(({ subnet }) => subnet))];
  const permits = permitRules(
    `permits${id}`,
    behaviour.filtering,
    `iifname != ${out} ip saddr ${from}`,
    behaviour.timeouts,
  );
  return [
    ...(behaviour.filtering === 'endpoint-independent'
      ? []
      : [{ name: `permit${id}`, hook: PERMIT_HOOK, rules: permits }]),
    {
      name: `dstnat${id}`,
      // Behind iptables', so that a forwarded port goes where it is forwarded to.
      hook: 'nat hook prerouting priority dstnat + 5; policy accept;',
      rules: pool.map(
        (address, index) =>
          `${behaviour.hairpin ? '' : `iifname ${out} `}ip daddr ${address} ${PORTED} counter dnat ip addr . port to meta l4proto . th dport map @${portsName(of, index)} comment "${origin} in by a port that is open"`,
      ),
    },
    {
      name: `srcnat${id}`,
      hook: 'nat hook postrouting priority srcnat + 5; policy accept;',
      rules: [
        `oifname ${out} ip saddr ${from} counter goto outward${id} comment "${origin} ${names(mapping)} behind ${pool.length > 1 ? 'a pool' : mapping.public}"`,
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
  { id, mapping: { behaviour, inside }, nameOf, origin }: Translator,
  from: string,
): string[] {
  const on = inside.flatMap(({ interface: name }) => (name === undefined ? [] : `"${nameOf(name)}"`));
  if (!behaviour.hairpin || on.length === 0) return [];
  return [
    `oifname ${list(on)} ip saddr ${from} ct status dnat counter goto outward${id} comment "${origin} to itself by a public address"`,
  ];
}

/** Behind the kernel's translation: what it chose is learned, and what has no right to come in goes no further. */
function learning(of: Translator): Chain[] {
  const { id, mapping, forwards } = of;
  const { behaviour, pool } = mapping;
  const publics = list(pool);
  const forwarded = forwards.map(
    ({ protocol, ports: { first, last } }) => `${protocol} . ${first === last ? first : `${first}-${last}`}`,
  );
  const unasked = isUnasked(`permits${id}`, behaviour.filtering);
  return [
    {
      name: `learn${id}`,
      hook: LEARN_HOOK,
      rules: [
        `ct status snat ct reply ip daddr ${publics} ${PORTED} ct direction original jump keep${id}`,
        `ct status snat ct reply ip daddr ${publics} ${PORTED} ct direction reply jump refresh${id}`,
        `ct status dnat ct original ip daddr ${publics} ${PORTED} ct direction reply jump answer${id}`,
        ...(behaviour.filtering === 'endpoint-independent'
          ? []
          : [
              `ct status dnat ct original ip daddr ${publics} ${PORTED} ct direction original ct state new jump inward${id}`,
            ]),
      ],
    },
    { name: `keep${id}`, rules: [...clashes(of), `goto refresh${id}`] },
    ...refreshing(of),
    { name: `answer${id}`, rules: answers(of) },
    ...(behaviour.filtering === 'endpoint-independent'
      ? []
      : [
          {
            name: `inward${id}`,
            rules: [
              ...(forwarded.length > 0
                ? [`${PORTED} meta l4proto . ct original proto-dst { ${forwarded.join(', ')} } return`]
                : []),
              `${PORTED} ${unasked} counter drop comment "${of.origin} unasked"`,
            ],
          },
        ]),
  ];
}

/** A port that is another mapping's already: the packet is dropped, and the next try gets another one. */
function clashes(of: Translator): string[] {
  const { id, mapping } = of;
  const { behaviour, pool } = mapping;
  const isSeeded = behaviour.seed !== undefined && !isPerFlow(of);
  const again = isSeeded ? `update @again${id} { ${keyOf(behaviour.mapping)} timeout 60s } ` : '';
  return pool.map(
    (address, index) =>
      `ct state new ip saddr ${address} ${PORTED} meta l4proto . th sport @${portsName(of, index)} ${pairOf(of)} != @pairs${id} ${again}counter drop comment "${of.origin} another's port"`,
  );
}

/** As connection tracking does: longer once it was answered, shorter when it ends. */
function refreshing(of: Translator): Chain[] {
  const { id, mapping } = of;
  const {
    udp,
    'udp-stream': stream,
    'tcp-established': established,
    'tcp-transitory': brief,
  } = mapping.behaviour.timeouts;
  const times = [...new Set([udp, stream, established, brief])];
  return [
    {
      name: `refresh${id}`,
      rules: [
        `meta l4proto tcp tcp flags & (fin | rst) != 0 goto hold${id}_${brief}`,
        `meta l4proto tcp ct status assured goto hold${id}_${established}`,
        `meta l4proto tcp goto hold${id}_${brief}`,
        `ct status seen-reply goto hold${id}_${stream}`,
        `goto hold${id}_${udp}`,
      ],
    },
    ...times.map((seconds) => ({ name: `hold${id}_${seconds}`, rules: holds(of, seconds) })),
  ];
}

function holds(of: Translator, seconds: number): string[] {
  const { id, mapping } = of;
  const key = keyOf(mapping.behaviour.mapping);
  const external = 'ct reply ip daddr . ct reply proto-dst';
  const internal = 'ct original ip saddr . ct original proto-src';
  return [
    `${PORTED} update @pairs${id} { ${pairOf(of)} timeout ${seconds}s }`,
    ...(isPerFlow(of) ? [] : [`${PORTED} update @own${id} { ${key} timeout ${seconds}s : ${external} }`]),
    ...mapping.pool.map(
      (address, index) =>
        `ct reply ip daddr ${address} ${PORTED} update @${portsName(of, index)} { meta l4proto . ct reply proto-dst timeout ${seconds}s : ${internal} }`,
    ),
  ];
}

/** An inside host that answers one who came by its open port keeps the port open (RFC 4787 REQ-6). */
function answers(of: Translator): string[] {
  const { mapping } = of;
  const { 'udp-stream': stream, 'tcp-established': established } = mapping.behaviour.timeouts;
  return mapping.pool.flatMap((address, index) =>
    (
      [
        ['udp', stream],
        ['tcp', established],
      ] as const
    ).map(
      ([protocol, seconds]) =>
        `ct original ip daddr ${address} meta l4proto ${protocol} meta l4proto . ct original proto-dst @${portsName(of, index)} update @${portsName(of, index)} { meta l4proto . ct original proto-dst timeout ${seconds}s : ct reply ip saddr . ct reply proto-src }`,
    ),
  );
}

/** What is for nobody inside must leave no trace in connection tracking: it would take a port that a host is about to use. */
function guarding(of: Translator): Chain[] {
  const { id, mapping, nameOf, origin } = of;
  const { behaviour, pool, via } = mapping;
  const out = `"${nameOf(via)}"`;
  return [
    {
      name: `input${id}`,
      hook: 'filter hook input priority filter; policy accept;',
      rules: [
        `iifname ${out} ip daddr ${list(pool)} ${PORTED} ct state { new, invalid } counter drop comment "${origin} unasked from outside"`,
        ...(behaviour.hairpin
          ? []
          : pool.map(
              (address, index) =>
                `ip daddr ${address} ${PORTED} meta l4proto . th dport @${portsName(of, index)} counter drop comment "${origin} no hairpin"`,
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
              `iifname ${out} ct state related meta l4proto icmp counter drop comment "${origin} no ICMP errors"`,
            ],
          },
        ]),
  ];
}
