/** What steps set of links and NATs, tried one after the other: what is wrong with it is said where it stands, before a run. */
import test from 'ava';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { planRuns } from '../../../../src/apply/run/load.js';
import { validateInput } from '../../../../src/apply/validate.js';
import { LabnetError } from '../../../../src/core/errors.js';
import { temporaryFolder } from '../../../helpers/folder.js';
import { HOMES } from '../../../helpers/scenarios.js';
import { brief } from '../../../helpers/topologies.js';

function files(timeline: string, topology = HOMES): string {
  const folder = temporaryFolder('tried');
  writeFileSync(join(folder, 'homes.yaml'), topology);
  const file = join(folder, 'test.scenario.yaml');
  writeFileSync(file, `topology: homes.yaml\n${timeline}`);
  return file;
}

function refusals(timeline: string, topology?: string): string[] {
  try {
    planRuns(files(timeline, topology));
    return [];
  } catch (error) {
    if (!(error instanceof LabnetError)) throw error;
    return brief(error.diagnostics);
  }
}

test('what depends on what was set before is judged as it is by then', (t) => {
  t.deepEqual(
    refusals(`timeline:
  - { at: 2s, link-set: { at: alice, queue: 30ms } }
  - { at: 1s, link-set: { at: alice, rate: 5mbit } }
`),
    [],
  );
  t.deepEqual(
    refusals(`timeline:
  - { at: 2s, link-set: { at: alice, queue: 30ms } }
  - { at: 3s, link-set: { at: alice, rate: 5mbit } }
  - { link-set: { at: alice, up: { jitter: 3ms } } }
  - { link-set: { at: alice, delay: { one-way: 2ms } } }
  - { link-set: { at: alice, jitter: 3ms } }
`),
    ['link-unfit 3:45', 'link-unfit 5:44', 'link-unfit 7:38'],
  );
});

test("a link that is cut and mended again and again is in two states, and may be as often as a run's steps are", (t) => {
  const [run] = planRuns(
    files(`timeline:
  - { at: 0s, every: 1s, times: 3000, link-down: alice }
  - { at: 500ms, every: 1s, times: 3000, link-up: alice }
`),
  ).runs;
  t.is(run?.schedule.steps.length, 6000);
  t.is(run?.states.length, 2);
});

test('an MTU that is too small for IPv6, a kind of check that is none, a machine in two groups', (t) => {
  const topology = HOMES.replace(
    'internet: 203.0.113.0/24',
    'internet: { subnet: 203.0.113.0/24, subnet6: "2001:db8::/64" }',
  );
  t.deepEqual(
    refusals(
      `timeline:
  - { link-set: { at: ":internet", mtu: 1200 } }
  - { verify: [gateway, links] }
  - { partition: [[alice, server], [alice]] }
`,
      topology,
    ),
    ['link-unfit 3:41', 'check-unknown 4:25', 'bad-usage 5:18'],
  );
});

const SWEEP = `sweep: { share: [1%, 5], kind: [symmetric, symetric] }
timeline:
  - { link-set: { at: alice, loss: "\${share}" } }
  - { nat-set: { router: router, preset: "\${kind}" } }
`;

test('every combination is judged, of a scenario in a file and of one in its topology', async (t) => {
  const wrong = ['bad-amount 4:36', 'unknown-preset 5:42'];
  t.deepEqual(refusals(SWEEP), wrong);
  t.deepEqual(brief((await validateInput(files(SWEEP))).diagnostics), wrong);
  const within = join(temporaryFolder('tried'), 'homes.yaml');
  writeFileSync(within, `${HOMES}scenario:\n${SWEEP.replaceAll(/^/gm, '  ')}`);
  const { diagnostics, lab } = await validateInput(within);
  t.deepEqual(
    diagnostics.map(({ code }) => code),
    ['bad-amount', 'unknown-preset'],
  );
  t.is(lab, undefined);
  writeFileSync(
    within,
    `${HOMES}scenario:\n${SWEEP.replaceAll(/^/gm, '  ').replace(' 5]', ' 5%]').replace('symetric', 'full-cone')}`,
  );
  t.deepEqual((await validateInput(within)).scenario, { name: 'homes', runs: 4, steps: 2 });
});
