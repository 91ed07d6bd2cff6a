/** Behind the kernel's translation: what it has chosen is learned, and what has no right to come in goes no further. */
import type { Dependence } from '../../core/nat-words.js';
import type { Chain } from './parts.js';
import { list, PORTED } from './parts.js';
import type { Translator } from './names.js';
import { isPerFlow, keyOf, LEARN_HOOK, pairOf, portsName } from './names.js';

export function learning(of: Translator): Chain[] {
  const { id, mapping } = of;
  const { behaviour, pool } = mapping;
  const publics = list(pool);
  // Whom it comes from after every translation: a peer behind the same NAT is its public address.
  const who = remote(behaviour.filtering, 'ip saddr', 'th sport');
  const unasked = `meta l4proto . ct original ip daddr . ct original proto-dst . ${who} != @permits${id}`;
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
            rules: [...pastForwards(of), `${PORTED} ${unasked} counter drop comment "${of.origin} unasked"`],
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

const remote = (filtering: Dependence, address: string, port: string): string =>
  filtering === 'address-dependent' ? address : `${address} . ${port}`;

function holds(of: Translator, seconds: number): string[] {
  const { id, mapping } = of;
  const key = keyOf(mapping.behaviour.mapping);
  const external = 'ct reply ip daddr . ct reply proto-dst';
  const internal = 'ct original ip saddr . ct original proto-src';
  const { filtering } = mapping.behaviour;
  const original = ['ct original ip daddr', 'ct original proto-dst'] as const;
  return [
    `${PORTED} update @pairs${id} { ${pairOf(of)} timeout ${seconds}s }`,
    ...(isPerFlow(of) ? [] : [`${PORTED} update @own${id} { ${key} timeout ${seconds}s : ${external} }`]),
    ...mapping.pool.map(
      (address, index) =>
        `ct reply ip daddr ${address} ${PORTED} update @${portsName(of, index)} { meta l4proto . ct reply proto-dst timeout ${seconds}s : ${internal} }`,
    ),
    ...permitting(of, `meta l4proto . ${external}`, remote(filtering, ...original), seconds).map(
      (rule) => `${PORTED} ${rule}`,
    ),
  ];
}

/** An inside host that answers one who came by its open port keeps it open, and lets that one in (RFC 4787 REQ-6). */
function answers(of: Translator): string[] {
  const { mapping } = of;
  const { filtering, timeouts } = mapping.behaviour;
  const port = 'meta l4proto . ct original proto-dst';
  const hold = (protocol: string, seconds: number): string[] => [
    ...mapping.pool.map(
      (address, index) =>
        `ct original ip daddr ${address} meta l4proto ${protocol} ${port} @${portsName(of, index)} update @${portsName(of, index)} { ${port} timeout ${seconds}s : ct reply ip saddr . ct reply proto-src }`,
    ),
    ...permitting(
      of,
      'meta l4proto . ct original ip daddr . ct original proto-dst',
      remote(filtering, 'ct original ip saddr', 'ct original proto-src'),
      seconds,
    ).map((rule) => `meta l4proto ${protocol} ${rule}`),
  ];
  return [
    ...pastForwards(of),
    ...hold('udp', timeouts['udp-stream']),
    ...hold('tcp', timeouts['tcp-established']),
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

/** Forwarded ports are open to everybody, and for good. */
function pastForwards({ forwards }: Translator): string[] {
  const ports = forwards.map(
    ({ protocol, ports: { first, last } }) => `${protocol} . ${first === last ? first : `${first}-${last}`}`,
  );
  return ports.length === 0
    ? []
    : [`${PORTED} meta l4proto . ct original proto-dst { ${ports.join(', ')} } return`];
}
