/** What follows from the ports that new mappings got, and what does not. */
import test from 'ava';
import { portsOf } from '../../../src/verify/nat/observe.js';

type Seen = readonly (readonly [address: string, port: number])[];

/** As if one host had sent from 5000, 5001 and so on. */
function observed(seen: Seen): readonly string[] {
  const sockets = seen.map((_, index) => ({
    name: `inside0_${index}`,
    machine: 'a',
    protocol: 'udp' as const,
    port: 5000 + index,
  }));
  const found = portsOf({
    dialogue: {
      name: 'ports',
      sockets,
      steps: sockets.map(({ name }) => ({
        moves: [{ do: 'send', socket: name, to: { address: '203.0.113.10', port: 9 } }],
        wait: 0,
      })),
    },
    outcome: {
      steps: seen.map(([address, port]) => ({
        arrivals: [{ socket: 'near', move: 0, from: { address, port } }],
        errors: [],
      })),
    },
  });
  return 'is' in found ? found.is : [found.unclear];
}

test('ports that go up are sequential, by the address of the pool that they are of', (t) => {
  t.deepEqual(observed([1024, 1025, 1027, 1028].map((port) => ['a', port])), ['sequential']);
  const turns = (ports: readonly number[]): Seen =>
    ports.map((port, index) => [index % 2 === 0 ? 'a' : 'b', port]);
  t.deepEqual(observed(turns([1024, 3000, 1025, 3002, 1026, 3003])), ['sequential']);
  t.deepEqual(observed(turns([40000, 3000, 1025, 60000, 20000, 2000])), ['random']);
});

test('where hardly two are of one address, they may be random too', (t) => {
  const seen = Array.from({ length: 8 }, (_, index) => [`192.0.2.${index}`, 40000 - 4000 * index] as const);
  t.deepEqual(observed(seen), ['sequential', 'random']);
});
