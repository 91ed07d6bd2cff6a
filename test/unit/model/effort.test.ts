/** Short files that mean much: a lab, or an end before memory and patience have theirs. */
import test from 'ava';
import { resolveText } from '../../helpers/topologies.js';

/** Microseconds of computing that no reader of a topology needs, on a slow machine that has other work too: what grows with a square needs minutes. */
const PATIENCE = 15_000_000;

const wan = (hosts: number, sites: number): string => `name: x
segments: { core: 198.18.0.0/16, site: { count: ${sites}, subnet: 10.0.0.0/24 } }
hosts: { host: { count: ${hosts}, site: auto } }
routers:
  border: { count: ${sites}, interfaces: { site: auto, core: auto }, nat: [{ static: host, public: 198.19.0.0/16, via: core }] }
`;

test('a WAN of thousands of hosts behind hundreds of routers is worked out', (t) => {
  const { lab } = resolveText(wan(6_000, 600));
  t.is(lab?.machines.length, 6_600);
  t.is(lab?.machines[0]?.routes.length, 599);
});

test('what multiplies to more than any computer holds is refused, whatever it is', (t) => {
  const many = (line: string, times: number): string => line.repeat(times);
  const lan = 'name: x\nsegments: { s: { count: 5000, subnet: 10.0.0.0/24 }, wan: 30.0.0.0/8 }\n';
  const routers = 'routers:\n  r:\n    interfaces: { s: auto, wan: auto }\n';
  for (const text of [
    wan(9_000, 1_000),
    'name: x\nsegments: { lan: 10.0.0.0/16 }\nrouters: { r: { count: 9999, lan: auto } }',
    `${lan}hosts: { ${Array.from({ length: 900 }, (_, index) => `h${index}: s`).join(', ')} }\n`,
    `${lan}hosts: { h: { count: 5000, wan: auto } }\n${routers}    nat:\n${many('      - { static: h, public: 100.64.0.0/10 }\n', 900)}`,
    `${lan}${routers}    nat:\n${many('      - { masquerade: s, via: wan, ports: blocks, block-size: 1 }\n', 900)}`,
    `${lan}hosts: { h: { count: 5000, wan: auto } }\nchecks:\n${many(' - { ping: h -> 30.0.0.1 }\n', 900)}`,
    `name: x\nsegments: { s: 10.0.0.0/16, wan: 20.0.0.0/8 }\nrouters:\n  r:\n    count: 1000\n    interfaces: { s: auto, wan: auto }\n    routes:\n${many('      - { to: 30.0.0.0/24, via: 20.200.0.9 }\n', 900)}`,
    `name: x\nsegments: { ${Array.from({ length: 5_000 }, (_, index) => `s${index}: 10.0.0.0/24`).join(', ')} }\n`,
  ]) {
    const { user } = process.cpuUsage();
    const { lab, diagnostics } = resolveText(text);
    t.is(lab, undefined);
    const found = diagnostics.map(({ code }) => code);
    t.true(
      found.includes('too-many-machines') || found.length >= 1_000,
      `${text.slice(0, 200)}: ${found[0] ?? ''}`,
    );
    t.true(process.cpuUsage().user - user < PATIENCE, text.slice(0, 200));
  }
});

test('a name of thousands is looked for among thousands of others', (t) => {
  const names = Array.from({ length: 6_000 }, (_, index) => `segment-${index}`);
  const hosts = names.map((name, index) => `  h${index}: ${name}x`).join('\n');
  const { user } = process.cpuUsage();
  const { diagnostics } = resolveText(
    `name: x\nsegments:\n${names.map((name, index) => `  ${name}: 10.${index >> 8}.${index & 255}.0/24`).join('\n')}\nhosts:\n${hosts}\n`,
  );
  t.is(diagnostics.length, 1_000);
  t.is(diagnostics[0]?.fix, "did you mean 'segment-0'?");
  t.true(process.cpuUsage().user - user < PATIENCE);
});

test('subnets inside each other are said once each, with the nearest', (t) => {
  const { diagnostics } = resolveText(
    'name: x\nsegments: { a: 10.0.0.0/8, b: 10.1.0.0/16, c: 10.1.1.0/24 }\nhosts: { h: a }',
  );
  t.deepEqual(
    diagnostics.map(({ message }) => message),
    ['b (10.1.0.0/16) overlaps a (10.0.0.0/8)', 'c (10.1.1.0/24) overlaps b (10.1.0.0/16)'],
  );
});

test('a text that is wrong at each of its marks is read about as fast as one that is right', (t) => {
  const effort = (text: string): number => {
    const { user } = process.cpuUsage();
    t.true(resolveText(text).diagnostics.length > 0);
    return process.cpuUsage().user - user;
  };
  const right = `name: x\nhosts:\n${'  h: { s: 10.0.0.1 }\n'.repeat(8_000)}`;
  const wrong = `[[a"a",${',- ,'.repeat(30_000)}`;
  effort(right);
  const [usual, most] = [effort(right), effort(wrong)];
  t.true(most < 8 * usual, `${most} µs for ${wrong.length} characters; ${usual} µs for ${right.length}`);
});
