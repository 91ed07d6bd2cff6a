/**
 * The dialogues that measure a NAT, after RFC 5780 section 4: from one inside port to several destinations, and back from
 * addresses that were contacted and others that were not.
 */
import type { Dialogue, DialogueSocket, DialogueStep, Move } from '../../core/dialogue.js';
import type { Behaviour } from '../../nat/behaviour.js';
import type { Actors, Outsider } from './actors.js';

/** Returns the next port that no other dialogue of the run uses at any of these machines. */
export type NextPort = (...machines: readonly string[]) => number;

/** For packets that must arrive, which ends the wait. */
const SOON = { wait: 2_500, repeat: { times: 3, interval: 400 } } as const;
/** For steps without which the others prove nothing. */
const NEEDED = { ...SOON, isNeeded: true } as const;
/** For packets that must not arrive: several times as long as one would take. */
const NEVER = { wait: 300, repeat: { times: 2, interval: 100 } } as const;
/** Both sides send until one is let in. */
const KNOCK = { wait: 400, repeat: { times: 5, interval: 60 } } as const;

/** The number of new mappings from which the choice of ports is derived. */
export const SAMPLES = 8;

export const TALKS = [
  'udp-mapping',
  'udp-filtering',
  'hairpin',
  'ports',
  'tcp-mapping',
  'tcp-filtering',
] as const;
export type Talk = (typeof TALKS)[number];

export type Setting = { readonly actors: Actors; readonly behaviour: Behaviour; readonly next: NextPort };

export const talkOf: Readonly<Record<Talk, (setting: Setting) => Dialogue>> = {
  'udp-mapping': (setting) => mapping(setting, 'udp'),
  'udp-filtering': udpFiltering,
  hairpin,
  ports,
  'tcp-mapping': (setting) => mapping(setting, 'tcp'),
  'tcp-filtering': tcpFiltering,
};

const outside = (
  { next }: Setting,
  name: string,
  { machine, address }: Outsider,
  more: Partial<DialogueSocket> = {},
): DialogueSocket => ({ name, machine, protocol: 'udp', address, port: next(machine), ...more });

const endpoint = ({ address = '', port }: DialogueSocket) => ({ address, port });

/** The first two places are one machine's, the third another's, where there is one. */
function placesOf(setting: Setting, more: Partial<DialogueSocket> = {}): DialogueSocket[] {
  const [first, second] = setting.actors.outsiders;
  return [
    ...(first ? [outside(setting, 'near', first, more), outside(setting, 'port', first, more)] : []),
    ...(second ? [outside(setting, 'address', second, more)] : []),
  ];
}

/** Packets to a destination, to another port of it, and to another address: RFC 5780 section 4.3. */
function mapping(setting: Setting, protocol: 'udp' | 'tcp'): Dialogue {
  const { actors, next } = setting;
  const { family } = actors;
  const machine = actors.insiders[0] ?? '';
  const places = placesOf(setting, { protocol, ...(protocol === 'tcp' && { listen: true }) });
  return {
    name: `${protocol} mapping`,
    sockets: [{ name: 'inside', machine, protocol, family, port: next(machine) }, ...places],
    steps: places.map((place) => ({
      moves: [{ do: protocol === 'udp' ? 'send' : 'connect', socket: 'inside', to: endpoint(place) }],
      ...NEEDED,
    })),
  };
}

const insideSockets = (setting: Setting, more: Partial<DialogueSocket> = {}): DialogueSocket[] => {
  const { insiders, family } = setting.actors;
  const port = setting.next(...insiders);
  return insiders.map((machine, index) => ({
    name: `inside${index}`,
    machine,
    protocol: 'udp',
    family,
    port,
    ...more,
  }));
};

/** Packets back from the contacted endpoint, from another address, and from another port: RFC 5780 section 4.4. */
function udpFiltering(setting: Setting): Dialogue {
  const [near, port, address] = placesOf(setting);
  const inside = insideSockets(setting);
  const back = (from: DialogueSocket | undefined, isExpected: boolean): DialogueStep[] =>
    from
      ? [{ moves: inside.map((_, index) => comeBack('send', from, index)), ...(isExpected ? SOON : NEVER) }]
      : [];
  const { filtering } = setting.behaviour;
  return {
    name: 'udp filtering',
    sockets: [...inside, ...[near, port, address].flatMap((one) => one ?? [])],
    steps: [
      ...inside.map(({ name }) => ({ moves: near ? [goOut('send', name, near)] : [], ...NEEDED })),
      ...back(near, true),
      ...back(port, filtering !== 'address-and-port-dependent'),
      ...back(address, filtering === 'endpoint-independent'),
    ],
  };
}

const goOut = (what: Move['do'], socket: string, to: DialogueSocket): Move => ({
  do: what,
  socket,
  to: endpoint(to),
});
const comeBack = (what: Move['do'], from: DialogueSocket, seenIn: number): Move => ({
  do: what,
  socket: from.name,
  to: { seenIn, by: 'near' },
});

/** The same with connections (RFC 5382 section 4.2): inside, each socket listens on the port that it called from. */
function tcpFiltering(setting: Setting): Dialogue {
  const [near, port, address] = placesOf(setting, { protocol: 'tcp' });
  const inside = insideSockets(setting, { protocol: 'tcp', listen: true });
  const { filtering } = setting.behaviour;
  const back = (from: DialogueSocket | undefined, isExpected: boolean): DialogueStep[] =>
    from
      ? inside.map((_, index) => ({
          moves: [comeBack('connect', from, index)],
          wait: isExpected ? SOON.wait : NEVER.wait,
        }))
      : [];
  return {
    name: 'tcp filtering',
    sockets: [
      ...inside,
      ...(near ? [{ ...near, listen: true }] : []),
      ...[port, address].flatMap((one) => one ?? []),
    ],
    steps: [
      ...inside.map(({ name }) => ({
        moves: near ? [goOut('connect', name, near)] : [],
        wait: SOON.wait,
        isNeeded: true as const,
      })),
      ...back(port, filtering !== 'address-and-port-dependent'),
      ...back(address, filtering === 'endpoint-independent'),
    ],
  };
}

/** Two hosts behind the NAT, by their public addresses: RFC 5780 section 4.6. Both send, so that filters let the other in. */
function hairpin(setting: Setting): Dialogue {
  const { actors, next } = setting;
  const { family } = actors;
  const [first = '', second = first] = actors.insiders;
  const [near] = placesOf(setting);
  const sockets: DialogueSocket[] = [
    { name: 'inside0', machine: first, protocol: 'udp', family, port: next(first) },
    { name: 'inside1', machine: second, protocol: 'udp', family, port: next(second) },
  ];
  return {
    name: 'hairpin',
    sockets: [...sockets, ...(near ? [near] : [])],
    steps: [
      ...sockets.map(({ name }) => ({ moves: near ? [goOut('send', name, near)] : [], ...NEEDED })),
      {
        moves: [
          { do: 'send', socket: 'inside0', to: { seenIn: 1, by: 'near' } },
          { do: 'send', socket: 'inside1', to: { seenIn: 0, by: 'near' } },
        ],
        ...KNOCK,
        enough: 1,
      },
    ],
  };
}

/** New mappings one after the other, from the same ports at each host: RFC 4787 section 4.2. */
function ports(setting: Setting): Dialogue {
  const { actors } = setting;
  const [near] = placesOf(setting);
  const numbers = Array.from({ length: SAMPLES }, () => setting.next(...actors.insiders));
  const sockets = actors.insiders.flatMap((machine, host) =>
    numbers.map((port, index): DialogueSocket => ({
      name: `inside${host}_${index}`,
      machine,
      protocol: 'udp',
      family: actors.family,
      port,
    })),
  );
  return {
    name: 'ports',
    sockets: [...sockets, ...(near ? [near] : [])],
    steps: sockets.map(({ name }) => ({ moves: near ? [goOut('send', name, near)] : [], ...NEEDED })),
  };
}
