/** How long packets may be on their way. */
import test from 'ava';
import { longestTrip } from '../../../src/model/links/longest.js';
import { resolveText } from '../../helpers/topologies.js';

function longest(text: string): number {
  const { lab, diagnostics } = resolveText(text, 'x.yaml');
  if (!lab) throw new Error(JSON.stringify(diagnostics));
  return longestTrip(lab);
}

test('where nothing is delayed, nobody waits longer', (t) => {
  t.is(longest('name: x\nsegments: { lan: 10.0.0.0/24 }\nhosts: { a: lan, b: lan }\n'), 0);
  t.is(
    longest(
      'name: x\nsegments: { lan: { subnet: 10.0.0.0/24, link: { rate: 1mbit } } }\nhosts: { a: lan }\n',
    ),
    0,
  );
});

test('on one segment: what the slowest sends and what the slowest is sent, there and back', (t) => {
  const hosts = `
  a: { lan: { address: auto, link: { up: { delay: { one-way: 30ms } } } } }
  b: { lan: { address: auto, link: { down: { delay: { one-way: 20ms }, jitter: 5ms } } } }
  c: lan`;
  // 30 ms and 20 ms, four times the jitter, both ways.
  t.is(longest(`name: x\nsegments: { lan: 10.0.0.0/24 }\nhosts:${hosts}\n`), 2 * (30 + 20 + 20));
});

test('through routers: once over what is between them, and the two slowest segments at the ends', (t) => {
  const homes = [100, 40, 60].map((rtt) => `{ rtt: ${rtt}ms }`);
  const text = `name: x
segments:
  internet: { subnet: 203.0.113.0/24, link: { delay: { rtt: 10ms } } }
${homes.map((delay, index) => `  home${index}: { subnet: 10.0.${index}.0/24, link: { delay: ${delay} } }`).join('\n')}
routers:
${homes.map((_, index) => `  r${index}: { home${index}: 10.0.${index}.1, internet: 203.0.113.${index + 1} }`).join('\n')}
`;
  t.is(longest(text), 10 + 100 + 60);
});
