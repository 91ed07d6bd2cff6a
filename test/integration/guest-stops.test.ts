/** The scripts for guests, killed between any two of their programs. */
import type { ExecutionContext } from 'ava';
import test from 'ava';
import type { Lab } from '../../src/model/lab.js';
import { changes, Guests, noGuests, SCRIPT, scriptFor } from '../helpers/guests.js';
import { killed, WATCH } from '../helpers/kill-moments.js';
import { guardMachine } from '../helpers/machine.js';
import { example, labOf, linkedWan, PORT_CONTROL, read } from '../helpers/topologies.js';
import { unless } from '../helpers/unless.js';

guardMachine(test);

const real = unless(noGuests());

/** How many of the moments are tried; LABNET_TEST_KILLS=1000 tries each, which takes a quarter of an hour. */
const KILLS = Number(process.env['LABNET_TEST_KILLS'] ?? 12);

function moments(count: number): number[] {
  const step = Math.max(1, (count - 1) / KILLS);
  return Array.from({ length: Math.floor((count - 1) / step) }, (_, i) => 2 + Math.floor(i * step));
}

type Scene = {
  readonly word: string;
  readonly prepare: (guests: Guests) => Promise<unknown>;
  readonly lab?: Lab;
};

/** Whatever moment: the next apply makes all of it, and the next remove leaves nothing. */
async function survives(
  t: ExecutionContext,
  { word, prepare, lab = example('virtual-wan') }: Scene,
): Promise<void> {
  const guests = await Guests.of(lab);
  t.teardown(() => guests.end());
  t.teardown(() => guests.run('router', `sh ${SCRIPT} remove`));
  await guests.must('router', WATCH);
  const before = await guests.state('router');
  await guests.must('router', `sh ${SCRIPT}`);
  const applied = await guests.state('router');
  await guests.must('router', `sh ${SCRIPT} remove`);
  const again = scriptFor(guests.lab, 'router').text;
  const start = async (at: number): Promise<number> => {
    await prepare(guests);
    await guests.upload('router', again);
    return killed(guests, 'router', word, at);
  };
  const count = await start(0);
  t.true(count > 30, `${count} moments`);
  await guests.must('router', `sh ${SCRIPT} remove`);
  for (const at of moments(count)) {
    await start(at);
    if (at % 2 === 0) {
      await guests.must('router', `sh ${SCRIPT}`);
      t.deepEqual(changes(applied, await guests.state('router')), [], `${at} of ${count}: applied`);
    }
    await guests.must('router', `sh ${SCRIPT} remove`);
    t.deepEqual(changes(before, await guests.state('router')), [], `${at} of ${count}: removed`);
  }
}

const NEXT = read('topologies/virtual-wan.yaml')
  .replaceAll('100.100.100.200', '100.100.100.222')
  .replaceAll('172.168.10.10 ', '172.168.10.11 ');

/** With a table of nftables'. */
const FILTERED = read('topologies/virtual-wan.yaml').replace(
  'public: 100.100.100.100 }',
  'public: 100.100.100.100, filtering: address-dependent }',
);

const LINKED = labOf(linkedWan('{ up: { rate: 20mbit, loss: 5% }, down: { rate: 30mbit }, mtu: 1400 }'));

const SCENES: Readonly<Record<string, Scene>> = {
  'apply to a machine that has nothing of a lab': { word: 'apply', prepare: () => Promise.resolve() },
  'apply where an older version is': {
    word: 'apply',
    prepare: async (guests) => {
      await guests.upload('router', scriptFor(labOf(NEXT), 'router').text);
      await guests.must('router', `sh ${SCRIPT}`);
    },
  },
  'apply where an older version differs in NAT alone': {
    word: 'apply',
    prepare: async (guests) => {
      await guests.upload('router', scriptFor(labOf(FILTERED), 'router').text);
      await guests.must('router', `sh ${SCRIPT}`);
    },
  },
  remove: { word: 'remove', prepare: (guests) => guests.must('router', `sh ${SCRIPT}`) },
  'apply where an older version has other links': {
    word: 'apply',
    prepare: async (guests) => {
      const before = labOf(linkedWan('{ up: { loss: 1% }, down: { rate: 5mbit, queue: 9 packets } }'));
      await guests.upload('router', scriptFor(before, 'router').text);
      await guests.must('router', `sh ${SCRIPT}`);
    },
    lab: LINKED,
  },
  'remove with links': {
    word: 'remove',
    prepare: (guests) => guests.must('router', `sh ${SCRIPT}`),
    lab: LINKED,
  },
  'apply with port control': {
    word: 'apply',
    prepare: () => Promise.resolve(),
    lab: labOf(PORT_CONTROL),
  },
  'apply with port control where an older version is': {
    word: 'apply',
    prepare: async (guests) => {
      await guests.upload(
        'router',
        scriptFor(labOf(PORT_CONTROL.replace('home-router', 'symmetric')), 'router').text,
      );
      await guests.must('router', `sh ${SCRIPT}`);
    },
    lab: labOf(PORT_CONTROL),
  },
};

for (const [name, scene] of Object.entries(SCENES)) {
  real(`kill -9 of ${name}`, async (t) => {
    t.timeout(KILLS * 60_000);
    await survives(t, scene);
  });
}
