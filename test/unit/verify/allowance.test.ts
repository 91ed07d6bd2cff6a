/** Answers are waited for longer over slow links, and asked for more often over lossy ones. */
import test from 'ava';
import type { MeshRun } from '../../../src/core/mesh.js';
import type { Probe, TestRun } from '../../../src/core/probe.js';
import type { Lab } from '../../../src/model/lab.js';
import type { Session } from '../../../src/transport/session.js';
import {
  allowForDelay,
  allowForLoss,
  dialogueWithDelay,
  probeWithDelay,
} from '../../../src/verify/allowance.js';
import type { CheckProbe } from '../../../src/verify/check.js';
import { deriveChecks } from '../../../src/verify/derive.js';
import { labOf } from '../../helpers/topologies.js';

const PROBE: Probe = {
  id: 1,
  machine: 'a',
  protocol: 'icmp',
  to: '10.0.0.2',
  count: 2,
  interval: 100,
  wait: 300,
};

test('a probe waits for one round trip more, a connection for two; how often they ask stays', (t) => {
  t.deepEqual(probeWithDelay(PROBE, 500), { ...PROBE, wait: 800 });
  t.is(probeWithDelay({ ...PROBE, protocol: 'tcp' }, 500).wait, 1_300);
  t.deepEqual(probeWithDelay(PROBE, 0), PROBE);
});

test('a pause in a dialogue is as long as it was', (t) => {
  const move = { do: 'send', socket: 's', to: { address: '10.0.0.2', port: 1 } } as const;
  const { steps } = dialogueWithDelay(
    {
      name: 'd',
      sockets: [],
      steps: [
        { moves: [move], wait: 300 },
        { moves: [], wait: 300 },
      ],
    },
    500,
  );
  t.deepEqual(
    steps.map(({ wait }) => wait),
    [1_300, 300],
  );
});

test('how slow links are is asked each time, as they change', async (t) => {
  const [runs, meshes]: [TestRun[], MeshRun[]] = [[], []];
  let longer = 40;
  const session = allowForDelay(recording(runs, meshes), () => longer);
  const run: TestRun = { run: 1, probes: [PROBE], listeners: [], captures: [] };
  await session.test(run);
  longer = 600;
  await session.test(run);
  await session.mesh?.({ run: 1, hosts: [], choice: [] });
  t.deepEqual(
    runs.map(({ probes }) => probes[0]?.wait),
    [340, 900],
  );
  t.is(meshes[0]?.longer, 600);
});

test('a session that asks a mesh by probes still has none', (t) => {
  const { run, test: probe, converse, close } = recording([], []);
  const rest: Session = { run, test: probe, converse, close };
  t.is(allowForDelay(rest, () => 5).mesh, undefined);
});

const NOBODY = { pairs: 0, answered: 0, sent: 0, again: 0, duplicates: 0, lost: 0, duration: 0 };

const recording = (runs: TestRun[], meshes: MeshRun[]): Session => ({
  run: () => Promise.resolve([]),
  test: (run) => {
    runs.push(run);
    return Promise.resolve({ results: [], captured: [], listeners: [] });
  },
  converse: () => Promise.resolve([]),
  mesh: (run) => {
    meshes.push(run);
    return Promise.resolve({ ...NOBODY, lostPairs: [] });
  },
  close: () => Promise.resolve(),
});

const labWith = (link: string): Lab =>
  labOf(`name: x
segments: { lan: { subnet: 10.0.0.0/24${link} } }
hosts: { a: lan, b: lan, c: lan }
checks: [{ ping: a -> b }, { tcp: b -> c:80 }, { blocked: a -> c }]`);

const probesOf = (lab: Lab): readonly CheckProbe[] =>
  allowForLoss(lab, deriveChecks(lab)).flatMap(({ probes }) => probes);

test('where links lose packets, what must be answered is asked for longer, and what must not be as ever', (t) => {
  const usual = probesOf(labWith(''));
  t.deepEqual(probesOf(labWith(', link: { delay: { one-way: 1s } }')), usual);
  for (const link of [', link: { loss: 1% }', ', link: { corrupt: 1% }']) {
    const pairs = probesOf(labWith(link)).map((probe, index) => ({ probe, was: usual[index] }));
    t.deepEqual([...new Set(pairs.map(({ probe }) => probe.protocol))].sort(), ['icmp', 'tcp']);
    for (const { probe, was } of pairs) {
      if (was === undefined) t.fail();
      else if (probe.machine === 'a' && probe.to === '10.0.0.3') t.deepEqual(probe, was);
      else t.true(probe.count * probe.interval + probe.wait > was.count * was.interval + was.wait);
    }
  }
});
