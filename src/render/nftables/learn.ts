/** Behind the kernel's translation: what it has chosen is learned, and what has no right to come in goes no further. */
import type { Dependence } from '../../core/nat-words.js';
import type { Chain } from './parts.js';
import { list, PORTED } from './parts.js';
import type { Endpoint } from './endpoints.js';
import { keepEndpoint } from './endpoints.js';
import type { Translator } from './names.js';
import { isDrawn } from './ports.js';
import { identify, identifying } from './identities.js';
import { answerKeyOf, keyOf, pairOf } from './keys.js';
import { forwardedPorts, isPerFlow, LEARN_HOOK, openName, portsName, takenName } from './names.js';

export function learning(of: Translator): Chain[] {
  const {
    id,
    mapping,
    words: { ip },
  } = of;
  const { behaviour, pool } = mapping;
  const publics = list(pool);
  const inside = list(mapping.inside.map(({ subnet }) => subnet));
  const outward = `ct original ${ip} saddr ${inside} ct status snat ct reply ${ip} daddr ${publics} ${PORTED}`;
  const inward = `ct reply ${ip} saddr ${inside} ct status dnat ct original ${ip} daddr ${publics} ${PORTED}`;
  // Whom it comes from after every translation: a peer behind the same NAT is its public address.
  const who = remote(behaviour.filtering, `${ip} saddr`, 'th sport');
  const unasked = `meta l4proto . ct original ${ip} daddr . ct original proto-dst . ${who} != @permits${id}`;
  return [
    {
      name: `learn${id}`,
      hook: LEARN_HOOK,
      rules: [
        `${outward} ct direction original jump keep${id}`,
        `${outward} ct direction reply jump refresh${id}`,
        `${inward} ct direction reply jump answer${id}`,
        ...(behaviour.filtering === 'endpoint-independent'
          ? []
          : [`${inward} ct direction original ct state new jump inward${id}`]),
      ],
    },
    { name: `keep${id}`, rules: [...identify(of, 'out'), ...clashes(of), `goto refresh${id}`] },
    ...identifying(of),
    ...refreshing(of),
    ...answering(of),
    ...(behaviour.filtering === 'endpoint-independent'
      ? []
      : [
          {
            name: `inward${id}`,
            rules: [...pastForwards(of), `${PORTED} ${unasked} counter drop comment "${of.origin} unasked"`],
          },
        ]),
  ];
}

/** A port that is another mapping's already: the packet is dropped, and the next try gets another one. */
function clashes(of: Translator): string[] {
  const {
    id,
    mapping,
    origin,
    words: { ip },
  } = of;
  const key = keyOf(of);
  const ends = `counter drop comment "${origin} another's port"`;
  const tries = isDrawn(of)
    ? [
        `${key} @again${id} update @lost${id} { ${key} timeout 60s } ${ends}`,
        `update @again${id} { ${key} timeout 60s } ${ends}`,
      ]
    : [ends];
  return mapping.pool.flatMap((address, index) => {
    const port = (map: string): string =>
      `ct state new ${ip} saddr ${address} ${PORTED} meta l4proto . th sport @${map}`;
    const clash = [
      `${port(takenName(of, index))} ${pairOf(of)} != @pairs${id}`,
      ...(of.beside[index] ?? []).map(port),
    ];
    return clash.flatMap((when) => tries.map((way) => `${when} ${way}`));
  });
}

/** As connection tracking does: longer once it was answered, shorter when it ends. */
function refreshing(of: Translator): Chain[] {
  const { id, mapping } = of;
  const { udp, 'udp-stream': stream } = mapping.behaviour.timeouts;
  return [
    {
      name: `refresh${id}`,
      rules: [
        ...identify(of, 'out'),
        ...tcpRules(of, 'hold'),
        `ct status seen-reply goto hold${id}_${stream}`,
        `goto hold${id}_${udp}`,
      ],
    },
    ...timesOf(of).map((seconds) => ({ name: `hold${id}_${seconds}`, rules: holds(of, seconds) })),
  ];
}

/**
 * The last acknowledgement of a connection has no FIN: whether it is still open is told by how long the kernel keeps it,
 * which is the brief time from the first FIN on (nf_conntrack_tcp_timeout_fin_wait and those after it).
 */
function tcpRules({ id, mapping }: Translator, chain: string): string[] {
  const { 'tcp-established': established, 'tcp-transitory': brief } = mapping.behaviour.timeouts;
  const isOpen = established > brief ? `ct expiration > ${brief}s ` : '';
  return [
    `meta l4proto tcp tcp flags & (fin | rst) != 0 goto ${chain}${id}_${brief}`,
    `meta l4proto tcp ct status assured ${isOpen}goto ${chain}${id}_${established}`,
    `meta l4proto tcp goto ${chain}${id}_${brief}`,
  ];
}

const timesOf = ({ mapping: { behaviour } }: Translator, ...but: string[]): number[] => [
  ...new Set(
    Object.entries(behaviour.timeouts).flatMap(([name, seconds]) =>
      name === 'icmp' || but.includes(name) ? [] : seconds,
    ),
  ),
];

const remote = (filtering: Dependence, address: string, port: string): string =>
  filtering === 'address-dependent' ? address : `${address} . ${port}`;

const endpoint = ({ address, port }: Endpoint): string => `${address} . ${port}`;

function holds(of: Translator, seconds: number): string[] {
  const {
    id,
    mapping,
    words: { ip },
  } = of;
  const key = keyOf(of);
  const external = { address: `ct reply ${ip} daddr`, port: 'ct reply proto-dst' };
  const internal = { address: `ct original ${ip} saddr`, port: 'ct original proto-src' };
  const port = `meta l4proto . ${external.port}`;
  const until = { seconds, words: of.words };
  const { filtering } = mapping.behaviour;
  const original = [`ct original ${ip} daddr`, 'ct original proto-dst'] as const;
  return [
    `${PORTED} update @pairs${id} { ${pairOf(of)} timeout ${seconds}s }`,
    ...(isPerFlow(of) ? [] : [`${PORTED} ${keepEndpoint(`own${id}`, key, external, until)}`]),
    ...mapping.pool.map(
      (address, index) =>
        `ct reply ${ip} daddr ${address} ${PORTED} ${keepEndpoint(portsName(of, index), port, internal, until)} update @${takenName(of, index)} { ${port} timeout ${seconds}s }`,
    ),
    ...permitting(of, `meta l4proto . ${endpoint(external)}`, remote(filtering, ...original), seconds).map(
      (rule) => `${PORTED} ${rule}`,
    ),
  ];
}

/** An inside host that answers one who came by its open port keeps it, and lets that one in (RFC 4787 REQ-6). */
function answering(of: Translator): Chain[] {
  const { id, mapping } = of;
  const { 'udp-stream': stream } = mapping.behaviour.timeouts;
  return [
    {
      name: `answer${id}`,
      rules: [
        ...pastForwards(of),
        ...identify(of, 'in'),
        ...tcpRules(of, 'back'),
        `goto back${id}_${stream}`,
      ],
    },
    ...timesOf(of, 'udp').map((seconds) => ({ name: `back${id}_${seconds}`, rules: backs(of, seconds) })),
  ];
}

function backs(of: Translator, seconds: number): string[] {
  const {
    id,
    mapping,
    words: { ip },
  } = of;
  const { filtering } = mapping.behaviour;
  const port = 'meta l4proto . ct original proto-dst';
  const internal = { address: `ct reply ${ip} saddr`, port: 'ct reply proto-src' };
  const external = { address: `ct original ${ip} daddr`, port: 'ct original proto-dst' };
  const until = { seconds, words: of.words };
  // What the inside host sends to: somebody behind the same NAT is its public address.
  const key = answerKeyOf(of);
  const pair = `ct original proto-dst . ${key}`;
  return [
    ...mapping.pool.map(
      (address, index) =>
        `ct original ${ip} daddr ${address} ${PORTED} ${port} @${takenName(of, index)} ${keepEndpoint(portsName(of, index), port, internal, until)} update @${takenName(of, index)} { ${port} timeout ${seconds}s }`,
    ),
    ...(isPerFlow(of)
      ? []
      : [
          `${PORTED} ${pair} @pairs${id} update @pairs${id} { ${pair} timeout ${seconds}s } ${keepEndpoint(`own${id}`, key, external, until)}`,
        ]),
    ...permitting(
      of,
      `meta l4proto . ${endpoint(external)}`,
      remote(filtering, `ct reply ${ip} daddr`, 'ct reply proto-dst'),
      seconds,
    ).map((rule) => `${PORTED} ${rule}`),
  ];
}

/** Written down of every packet that goes out, for filters. */
const permitting = (
  { id, mapping: { behaviour } }: Translator,
  external: string,
  who: string,
  seconds: number,
): string[] =>
  behaviour.filtering === 'endpoint-independent'
    ? []
    : [`update @permits${id} { ${external} . ${who} timeout ${seconds}s }`];

/** Forwarded ports are open to everybody, and so are those that were asked for, until they are closed. */
function pastForwards({ id, mapping, forwards }: Translator): string[] {
  const ports = forwards.map(forwardedPorts);
  const sets = [
    ...(ports.length === 0 ? [] : [`{ ${ports.join(', ')} }`]),
    ...(mapping.portControl === undefined ? [] : [`@${openName(id)}`]),
  ];
  return sets.map((set) => `${PORTED} meta l4proto . ct original proto-dst ${set} return`);
}
