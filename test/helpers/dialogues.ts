/** Dialogues for two homes behind NATs, and what comes of each. */
import type { Dialogue, DialogueSocket } from '../../src/core/dialogue.js';

/** Two homes behind routers, with two machines in one of them, and two servers. */
export const HOMES = `
name: homes
segments:
  internet: 203.0.113.0/24
  six: 2001:db8::/64
  home-a: 192.168.1.0/24
  home-b: 192.168.1.0/24
hosts:
  alice: { home-a: 192.168.1.10 }
  anna: { home-a: 192.168.1.11 }
  bob: { home-b: 192.168.1.10 }
  server: { internet: 203.0.113.10, six: '2001:db8::10' }
  other: { internet: 203.0.113.11, six: '2001:db8::11' }
routers:
  router-a:
    interfaces: { home-a: 192.168.1.1, internet: 203.0.113.1 }
    nat: [{ masquerade: home-a, via: internet }]
  router-b:
    interfaces: { home-b: 192.168.1.1, internet: 203.0.113.2 }
    nat: [{ masquerade: home-b, via: internet }]
`;

const [ROUTER_A, ROUTER_B] = ['203.0.113.1', '203.0.113.2'];
const [SERVER, OTHER] = ['203.0.113.10', '203.0.113.11'];
export const [ALICE, ANNA] = ['192.168.1.10', '192.168.1.11'];
const [SERVER_6, OTHER_6] = ['2001:db8::10', '2001:db8::11'];

export const WAIT = 300;
const AGAIN = { times: 10, interval: 50 };

export type Case = {
  readonly dialogue: Dialogue;
  /** Of each step: `socket move address:port`, and `socket move error`. */
  readonly expected: readonly (readonly string[] | 'skipped')[];
};

export const socket = (protocol: 'udp' | 'tcp', port: number, listen = false) => {
  return (name: string, machine: string): DialogueSocket => ({ name, machine, protocol, port, listen });
};

export function reflexive(port: number): Case {
  const udp = socket('udp', port);
  return {
    dialogue: {
      name: 'a reflexive address, and who may answer to it',
      sockets: [
        udp('a', 'alice'),
        udp('s', 'server'),
        socket('udp', port + 1)('t', 'server'),
        udp('o', 'other'),
      ],
      steps: [
        { moves: [{ do: 'send', socket: 'a', to: { address: SERVER, port } }], wait: WAIT },
        { moves: [{ do: 'send', socket: 's', to: { seenIn: 0 } }], wait: WAIT },
        { moves: [{ do: 'send', socket: 't', to: { seenIn: 0 } }], wait: WAIT },
        { moves: [{ do: 'send', socket: 'o', to: { seenIn: 0 } }], wait: WAIT },
        { moves: [{ do: 'send', socket: 's', to: { seenIn: 2 } }], wait: WAIT },
        { moves: [{ do: 'send', socket: 's', to: { address: '10.9.9.9', port } }], wait: WAIT },
      ],
    },
    expected: [
      [`s 0 ${ROUTER_A}:${port}`],
      [`a 0 ${SERVER}:${port}`],
      [],
      [],
      'skipped',
      ['s 0 ENETUNREACH'],
    ],
  };
}

export function connections(port: number): Case {
  const tcp = socket('tcp', port);
  return {
    dialogue: {
      name: 'connections, to a listener, to nobody, to a filter and to nowhere',
      sockets: [tcp('a', 'alice'), socket('tcp', port, true)('s', 'server'), tcp('o', 'other')],
      steps: [
        { moves: [{ do: 'connect', socket: 'a', to: { address: SERVER, port } }], wait: WAIT },
        { moves: [{ do: 'connect', socket: 'a', to: { address: OTHER, port: port + 1 } }], wait: WAIT },
        { moves: [{ do: 'connect', socket: 'o', to: { seenIn: 0, by: 's' } }], wait: WAIT },
        { moves: [{ do: 'connect', socket: 'o', to: { address: '10.9.9.9', port } }], wait: WAIT },
        { moves: [{ do: 'connect', socket: 'o', to: { seenIn: 0, by: 's', shift: -port } }], wait: WAIT },
        { close: ['a'], moves: [{ do: 'connect', socket: 'a', to: { address: SERVER, port } }], wait: WAIT },
        { close: ['s'], moves: [{ do: 'connect', socket: 'o', to: { address: SERVER, port } }], wait: WAIT },
        { moves: [{ do: 'connect', socket: 's', to: { address: OTHER, port } }], wait: WAIT },
        { moves: [{ do: 'connect', socket: 'o', to: { address: SERVER, port } }], wait: WAIT },
      ],
    },
    expected: [
      [`a 0 ${SERVER}:${port}`, `s 0 ${ROUTER_A}:${port}`],
      ['a 0 ECONNREFUSED'],
      [],
      ['o 0 ENETUNREACH'],
      ['o 0 EINVAL'],
      [`a 0 ${SERVER}:${port}`, `s 0 ${ROUTER_A}:${port}`],
      ['o 0 ECONNREFUSED'],
      // Nobody listens there, and the listener is open again.
      ['s 0 ECONNREFUSED'],
      [`s 0 ${OTHER}:${port}`, `o 0 ${SERVER}:${port}`],
    ],
  };
}

/** Without listeners a segment has to be slow, or one end must not refuse what comes before it connects itself. */
export function neighbours(port: number, listen: boolean): Case {
  const tcp = socket('tcp', port, listen);
  return {
    dialogue: {
      name: `simultaneous open in one segment${listen ? ', with listeners' : ''}`,
      sockets: [tcp('a', 'alice'), tcp('b', 'anna')],
      steps: [
        {
          moves: [
            { do: 'connect', socket: 'a', to: { address: ANNA, port } },
            { do: 'connect', socket: 'b', to: { address: ALICE, port } },
          ],
          repeat: AGAIN,
          wait: WAIT,
        },
      ],
    },
    expected: [[`a 0 ${ANNA}:${port}`, `b 1 ${ALICE}:${port}`]],
  };
}

export function punch(protocol: 'udp' | 'tcp', port: number, listen = false): Case {
  const what = protocol === 'udp' ? 'send' : 'connect';
  const one = socket(protocol, port, listen);
  const there = { address: SERVER, port };
  return {
    dialogue: {
      name: `hole punching, ${protocol}${listen ? ' with listeners' : ''}`,
      sockets: [
        one('a', 'alice'),
        one('b', 'bob'),
        socket(protocol, port, protocol === 'tcp')('s', 'server'),
      ],
      steps: [
        {
          moves: [
            { do: what, socket: 'a', to: there },
            { do: what, socket: 'b', to: there },
          ],
          wait: WAIT,
        },
        {
          moves: [
            { do: what, socket: 'a', to: { seenIn: 0, by: 's', move: 1 } },
            { do: what, socket: 'b', to: { seenIn: 0, by: 's', move: 0 } },
          ],
          repeat: AGAIN,
          wait: WAIT,
        },
      ],
    },
    expected:
      protocol === 'udp'
        ? [
            [`s 0 ${ROUTER_A}:${port}`, `s 1 ${ROUTER_B}:${port}`],
            [`b 0 ${ROUTER_A}:${port}`, `a 1 ${ROUTER_B}:${port}`],
          ]
        : [
            [
              `a 0 ${SERVER}:${port}`,
              `s 0 ${ROUTER_A}:${port}`,
              `b 1 ${SERVER}:${port}`,
              `s 1 ${ROUTER_B}:${port}`,
            ],
            [`a 0 ${ROUTER_B}:${port}`, `b 1 ${ROUTER_A}:${port}`],
          ],
  };
}

export const ipv6 = (port: number, from = OTHER_6, to = SERVER_6): Case => ({
  dialogue: {
    name: 'IPv6',
    sockets: [
      { name: 'u', machine: 'other', protocol: 'udp', port, family: 6 },
      { name: 'v', machine: 'server', protocol: 'udp', port, address: to },
      { name: 'o', machine: 'other', protocol: 'tcp', port, address: from },
      { name: 's', machine: 'server', protocol: 'tcp', port, family: 6, listen: true },
    ],
    steps: [
      {
        moves: [
          { do: 'send', socket: 'u', to: { address: to, port } },
          { do: 'connect', socket: 'o', to: { address: to, port } },
        ],
        wait: WAIT,
      },
      { moves: [{ do: 'send', socket: 'v', to: { seenIn: 0, by: 'v' } }], wait: WAIT },
    ],
  },
  expected: [[`v 0 ${from}:${port}`, `o 1 ${to}:${port}`, `s 1 ${from}:${port}`], [`u 0 ${to}:${port}`]],
});
