/** Topologies that are short to write and long to think about: huge counts, and thousands of the same entry. */
import fc from 'fast-check';

/** Mostly a handful of each, and sometimes as many as there may be, or more. */
const many = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 4 }) },
  { weight: 2, arbitrary: fc.constantFrom(50, 100, 500, 1000) },
  { weight: 2, arbitrary: fc.constantFrom(2_000, 5_000, 9_990, 10_000, 10_001) },
);
const count = fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 3, arbitrary: many });

/** An entry, written so many times; `i` tells them apart where they have to be, `a.b` makes an address of it. */
type Row = (i: number) => string;
const ab = (i: number): string => `${(i >> 8) & 255}.${i & 255}`;

const SEGMENTS: readonly Row[] = [
  (i) => `s${i}: 10.${ab(i)}.0/24`,
  (i) => `s${i}: { subnet: 10.${ab(i)}.0/24, gateway: r }`,
  () => 's: { subnet: 10.0.0.0/24 }',
  (i) => `s${i}: 10.0.0.0/24`,
  (i) => `s${i}: 10.0.0.0/${8 + (i % 23)}`,
  (i) => `s${i}: { subnet6: "2001:db8:${i.toString(16)}::/64", subnet: 11.${ab(i)}.0/24 }`,
  (i) => `segment-that-is-long-${i}: nonsense`,
];
const HOSTS: readonly Row[] = [
  (i) => `h${i}: s`,
  (i) => `h${i}: { s: auto, wan: auto }`,
  (i) => `h${i}: { wan: 20.${ab(i)}.1 }`,
  (i) => `h${i}: { s: auto, gateway: none }`,
  (i) => `h${i}: { s: auto, gateway: r }`,
  (i) => `h${i}: { s${i}: auto }`,
  (i) => `h${i}: { sx: auto, gateway: rx${i} }`,
  (i) => `h${i}: { s: 10.0.0.9, provision: [x.sh], vagrant: { memory: 64 } }`,
];
const ROUTERS: readonly Row[] = [
  (i) => `r${i}: { s: auto, wan: auto }`,
  (i) => `r${i}: { s${i}: auto, s${i + 1}: auto }`,
  (i) => `r${i}: { wan: auto, nat: [{ masquerade: s, via: wan }] }`,
  (i) => `r${i}: { wan: auto, s: auto, gateway: r${i + 1}, isolate: [s, wan] }`,
];
const NAT: readonly Row[] = [
  (i) => `{ static: h${i}, public: 100.64.${ab(i)}, via: wan }`,
  () => '{ static: h, public: 100.64.0.0/10 }',
  (i) => `{ static: h-${i + 1}, public: 20.${ab(i)}.7 }`,
  (i) => `{ forward: tcp/${i + 1}, via: wan, to: "h-1:80" }`,
  (i) => `{ forward: udp/${i + 1}-${i + 9}, via: wan, to: h0 }`,
  () => '{ masquerade: s, via: wan, ports: blocks, block-size: 1 }',
  (i) => `{ masquerade: [s, s${i}], via: wan, preset: symmetric, public: 20.1.${i & 255}.0/26 }`,
  (i) => `{ masquerade: sx${i}, via: wan }`,
];
const ROUTES: readonly Row[] = [
  (i) => `{ to: 30.${ab(i)}.0/24, via: r0 }`,
  (i) => `{ to: 30.${ab(i)}.0/24, via: 20.0.0.9 }`,
  () => '{ to: default, via: rx }',
];
const CHECKS: readonly Row[] = [
  () => '{ ping: h -> r }',
  (i) => `{ ping: h-1 -> h-${i + 1} }`,
  (i) => `{ tcp: "h -> 100.64.${ab(i)}:80" }`,
  (i) => `{ blocked: h0 -> 10.${ab(i)}.1 }`,
  (i) => `{ path: hx${i} -> rx, via: [r, rx, ${Array.from({ length: 40 }, () => 'r').join(', ')}] }`,
];

/** Mostly none: what is wrong with one list keeps the others from being looked at. */
const rows = (kinds: readonly Row[]): fc.Arbitrary<string[]> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant<string[]>([]) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom(...kinds), many)
        .map(([row, times]) => Array.from({ length: times }, (_, index) => row(index))),
    },
  );

const counted =
  (name: string, body: string) =>
  (times: number | undefined): string =>
    `${name}: { ${times === undefined ? '' : `count: ${times}, `}${body} }`;

const list = (key: string, entries: readonly string[]): string =>
  entries.length === 0 ? '' : `    ${key}:\n${entries.map((entry) => `      - ${entry}\n`).join('')}`;
const map = (key: string, entries: readonly string[]): string =>
  entries.length === 0 ? '' : `${key}:\n${entries.map((entry) => `  ${entry}\n`).join('')}`;

const rest = fc.record({ nat: rows(NAT), routes: rows(ROUTES), routers: count, isCounted: fc.boolean() });

/** One more router, which has all the entries. */
const routerText = ({
  nat,
  routes,
  routers,
  isCounted,
}: typeof rest extends fc.Arbitrary<infer T> ? T : never): string =>
  `${isCounted && routers !== undefined ? `r:\n    count: ${routers}` : 'r:'}\n    interfaces: { s: auto, wan: auto }\n${list('nat', nat)}${list('routes', routes)}`;

/** Some of it is past what a file may hold, and most is past what anybody would write. */
export const large = fc
  .record({
    segment: count.map(counted('s', 'subnet: 10.0.0.0/24')),
    segments: rows(SEGMENTS),
    host: count.map(counted('h', 's: auto')),
    hosts: rows(HOSTS),
    routers: rows(ROUTERS),
    rest,
    checks: rows(CHECKS),
  })
  .map(
    ({ segment, segments, host, hosts, routers, rest: router, checks }) =>
      `name: large\n${map('segments', [segment, 'wan: 20.0.0.0/8', ...segments])}${map('hosts', [host, ...hosts])}${map('routers', [...routers, routerText(router)])}${checks.length > 0 ? `checks:\n${checks.map((one) => ` - ${one}\n`).join('')}` : ''}`,
  );
