/** Topologies as data, over all that the language has: mostly good ones, so that what is behind the parser is reached too. */
import fc from 'fast-check';
import { DEPENDENCES, POOLINGS, PORT_CONTROLS, PORTS, TIMEOUTS } from '../../src/core/nat-words.js';
import { PRESETS } from '../../src/nat/presets/index.js';
import { machineLink, segmentLink } from './links.js';
import { ADDRESSES, DATA, EVIL, NAMES, text } from './words.js';

/** How many of each there are at most; what refers to one does so by a number, and fits whatever is there. */
const MOST = { segments: 5, routers: 3, hosts: 5, checks: 4 } as const;
const TOTAL = MOST.segments + MOST.routers + MOST.hosts + 1;

const ref = fc.nat(MOST.segments - 1);
const refs = fc.uniqueArray(ref, { minLength: 1, maxLength: 3 });
/** Undefined for most. */
const rarely = <T>(arbitrary: fc.Arbitrary<T>, weight = 6): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
const sometimes = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => rarely(arbitrary, 1);

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const name = fc.oneof(
  fc.constantFrom(...NAMES),
  fc
    .tuple(
      fc.constantFrom(...LETTERS.split('')),
      fc.string({ unit: fc.constantFrom(...`${LETTERS}0123456789-`.split('')), maxLength: 30 }),
    )
    .map((parts) => parts.join('')),
);
export const names = fc.uniqueArray(name, {
  minLength: TOTAL,
  maxLength: TOTAL,
  selector: (one) => one.toLowerCase(),
});

const weird = fc.oneof(fc.constantFrom(...EVIL), text(12));
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    weird,
    fc.constantFrom(...DATA),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(weird, tie('value'), { maxKeys: 3 }),
  ),
})).value;
const settings = fc.dictionary(
  fc.constantFrom(
    'memory',
    'cpus',
    'driver',
    'gui',
    'system',
    'if',
    '_',
    'class',
    'customize',
    'eval',
    'instance_eval',
    'x9',
  ),
  json,
  { maxKeys: 3 },
);
const vagrant = fc.record(
  {
    box: weird,
    memory: fc.integer({ min: 32, max: 4096 }),
    cpus: fc.integer({ min: 1, max: 8 }),
    virtualbox: settings,
    libvirt: settings,
  },
  { requiredKeys: [] },
);
const machine = {
  on: fc.oneof({ weight: 3, arbitrary: ref.map((one) => [one]) }, { weight: 1, arbitrary: refs }),
  form: fc.constantFrom('short', 'long', 'word'),
  /** The last part of the address; 0 for one from the pool. */
  at: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(30) }),
  isApart: fc.boolean(),
  link: rarely(machineLink),
  gateway: rarely(fc.oneof(fc.constant('none' as const), ref), 10),
  count: rarely(fc.integer({ min: 1, max: 4 })),
  vagrant: rarely(vagrant),
  provision: rarely(fc.array(weird, { maxLength: 2 })),
};

const filtered = {
  preset: fc.constantFrom(...Object.keys(PRESETS)),
  filtering: fc.constantFrom(...DEPENDENCES),
  hairpin: fc.boolean(),
};
const time = fc.oneof(
  {
    weight: 30,
    arbitrary: fc.oneof(
      fc.integer({ min: 1, max: 1e6 }),
      fc.constantFrom('30s', '5m', '2h', '4d', '1', ' 7s '),
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom('0', '1.5m', '99999999999', '5 m', '-1s') },
);
const behaviour = fc.record(
  {
    ...filtered,
    mapping: fc.constantFrom(...DEPENDENCES),
    ports: fc.constantFrom(...PORTS),
    seed: fc.oneof(fc.nat(9), fc.nat(2 ** 31 - 1)),
    'block-size': fc.integer({ min: 1, max: 64_512 }),
    pooling: fc.constantFrom(...POOLINGS),
    timeouts: rarely(
      fc.record(Object.fromEntries(TIMEOUTS.map((key) => [key, time])), { requiredKeys: [] }),
      2,
    ),
    'icmp-errors': fc.boolean(),
  },
  { requiredKeys: [] },
);
const portControl = fc.oneof(
  fc.boolean(),
  fc.uniqueArray(fc.constantFrom(...PORT_CONTROLS), { minLength: 1, maxLength: 3 }),
);
const port = fc.oneof(fc.integer({ min: 1, max: 65_535 }), fc.constantFrom(1, 80, 1024, 65_535));
const nat = fc.record({
  kind: fc.constantFrom('static', 'masquerade', 'masquerade', 'forward', 'nat66', 'nptv6'),
  host: ref,
  isOnSegment: rarely(fc.boolean()),
  public: fc.nat(40),
  pool: rarely(fc.constantFrom('', '/30', '/29', '-range', 'list')),
  via: ref,
  hasVia: fc.boolean(),
  behaviour: sometimes(behaviour),
  portControl: rarely(portControl),
  /** Of the prefix that nptv6 shows. */
  length6: fc.constantFrom(64, 64, 64, 48, 56, 65),
  staticBehaviour: rarely(fc.record(filtered, { requiredKeys: [] })),
  protocol: fc.constantFrom('tcp', 'udp'),
  port,
  span: rarely(fc.nat(9)),
  to: sometimes(port),
});
const router = fc.record({
  ...machine,
  on: fc.uniqueArray(ref, { minLength: 2, maxLength: 4 }),
  count: rarely(fc.integer({ min: 1, max: 4 }), 15),
  gateway: rarely(fc.oneof(fc.constant('none' as const), ref), 15),
  nat: fc.array(nat, { maxLength: 3 }),
  isolate: rarely(fc.oneof(fc.boolean(), refs)),
  routes: rarely(
    fc.array(fc.record({ to: fc.nat(30), via: ref, isDefault: fc.boolean(), byName: fc.boolean() }), {
      maxLength: 3,
    }),
  ),
});
const check = fc.record({
  kind: fc.constantFrom('ping', 'tcp', 'udp', 'blocked', 'path'),
  from: ref,
  to: ref,
  form: fc.constantFrom('name', 'name', 'name', 'name', 'segment', 'segment', 'address', 'six'),
  port,
  seenAs: rarely(fc.nat(40)),
  proto: rarely(fc.constantFrom('icmp', 'tcp', 'udp')),
  via: refs,
});
const segment = fc.record({
  family: fc.constantFrom('four', 'four', 'four', 'four', 'six', 'both', 'both'),
  length: fc.oneof(
    { weight: 8, arbitrary: fc.constant(24) },
    { weight: 1, arbitrary: fc.constantFrom(16, 28, 29, 30, 31, 22) },
    { weight: 1, arbitrary: fc.constantFrom(0, 1, 8, 32) },
  ),
  length6: fc.oneof(
    { weight: 8, arbitrary: fc.constant(64) },
    { weight: 1, arbitrary: fc.constantFrom(48, 56, 112, 126) },
    { weight: 1, arbitrary: fc.constantFrom(0, 1, 127, 128) },
  ),
  /** In the place of another, which it overlaps. */
  overlaps: rarely(ref, 15),
  isPublic: fc.boolean(),
  isLong: fc.boolean(),
  count: rarely(fc.integer({ min: 1, max: 4 })),
  gateway: rarely(ref, 20),
  link: rarely(segmentLink),
});

/** What a topology is but for the names in it. */
const draftOf = (most: Record<keyof typeof MOST, number>) =>
  fc.record({
    segments: fc.array(segment, { minLength: 1, maxLength: most.segments }),
    routers: fc.array(router, { maxLength: most.routers }),
    hosts: fc.array(fc.record(machine), { maxLength: most.hosts }),
    checks: fc.array(check, { maxLength: most.checks }),
    vagrant: rarely(vagrant, 10),
    scenario: rarely(
      fc.record({ host: ref, times: fc.integer({ min: 0, max: 20 }), isList: fc.boolean() }),
      10,
    ),
  });
export const draft = draftOf(MOST);
/** As short as what tells one mistake from another. */
export const smallDraft = draftOf({ segments: 2, routers: 1, hosts: 2, checks: 1 });

type Of<T> = T extends fc.Arbitrary<infer U> ? U : never;
export type Draft = Of<typeof draft>;
export type DraftMachine = Draft['hosts'][number];
export type DraftRouter = Draft['routers'][number];
export type DraftNat = DraftRouter['nat'][number];
export type DraftCheck = Draft['checks'][number];

/** One thing in the data that is not as it should be. */
export const spoiling = fc.record({
  at: fc.nat(10_000),
  how: fc.constantFrom('replace', 'replace', 'rename', 'remove', 'add', 'wrap', 'copy'),
  value: fc.oneof(
    fc.constantFrom<unknown>(...ADDRESSES),
    fc.constantFrom<unknown>(...EVIL),
    fc.constantFrom(...DATA),
    json,
  ),
  key: fc.oneof(fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', ...NAMES), weird),
});
export type Spoiling = Of<typeof spoiling>;
