/** From where checks of large labs ask: from some segments, different ones, and from as many in a lab of any size. */
import test from 'ava';
import { viewOf } from '../../../src/model/view.js';
import type { Check } from '../../../src/verify/check.js';
import { forward } from '../../../src/verify/checks/forward.js';
import { isolated } from '../../../src/verify/checks/isolated.js';
import { published } from '../../../src/verify/checks/published.js';
import { reach } from '../../../src/verify/checks/reach.js';
import { ASKED_AT_MOST, spread } from '../../../src/verify/checks/spread.js';
import { example, labOf } from '../../helpers/topologies.js';

const HOSTS_PER_SITE = 10;

/** As topologies/wan-1000.yaml, and a segment that nothing hides for each site. */
const wan = (sites: number): string => `name: wan
segments:
  core: 198.18.0.0/16
  site: { count: ${sites}, subnet: 10.0.0.0/24 }
  open: { count: ${sites}, subnet: 172.16.0.0/24 }
hosts:
  host: { count: ${sites * HOSTS_PER_SITE}, site: auto }
  server: { count: ${sites}, open: auto }
routers:
  border:
    count: ${sites}
    interfaces: { site: auto, open: auto, core: auto }
    nat:
      - { static: host, public: 198.19.0.0/16, via: core }
`;

const probesOf = (checks: readonly Check[]): number =>
  checks.reduce((all, { probes }) => all + probes.length, 0);

test('few are all asked, and of many some, in their order, others in another turn', (t) => {
  const few = Array.from({ length: ASKED_AT_MOST }, (_, index) => index);
  t.deepEqual(spread(few, 5), few);
  const many = Array.from({ length: 100 }, (_, index) => index);
  for (let turn = 0; turn < 250; turn++) {
    const found = spread(many, turn);
    t.is(new Set(found).size, ASKED_AT_MOST);
    t.deepEqual(
      [...found].sort((a, b) => a - b),
      [...found],
    );
    const gaps = found.slice(1).map((one, index) => one - (found[index] ?? 0));
    t.true(Math.max(...gaps) <= 7, `${found.join(' ')}: evenly spread`);
  }
  t.is(new Set(many.flatMap((turn) => spread(many, turn))).size, many.length, 'together they ask all');
});

test('published, reach and isolated: as many probes a host in a large lab as in a small one', (t) => {
  const kinds = [published, reach, isolated];
  const [small = [], large = []] = [20, 50].map((sites) => {
    const view = viewOf(labOf(wan(sites)));
    return kinds.map(({ derive }) => derive(view));
  });
  for (const [index, { kind }] of kinds.entries()) {
    const [few = [], many = []] = [small[index], large[index]];
    t.true(few.length > 0 && many.length > 0, kind);
    t.true(
      many.every(({ probes }) => probes.length > 2 && probes.length <= ASKED_AT_MOST),
      kind,
    );
    const growth = probesOf(many) / probesOf(few);
    t.true(growth < 2.6, `${kind}: ${growth} times as many probes for 2.5 times the lab`);
    t.true(
      many.every(({ expectation }) =>
        new RegExp(` from ${ASKED_AT_MOST} of \\d+ segments$`).test(expectation),
      ),
      many[0]?.expectation,
    );
  }
});

test('every segment is asked by some check, and each published address from behind its own router', (t) => {
  const view = viewOf(labOf(wan(30)));
  const checks = published.derive(view);
  t.is(checks.length, 30 * HOSTS_PER_SITE);
  const segmentOf = (machine: string): string =>
    view.machines
      .get(machine)
      ?.interfaces.map(({ segment }) => segment)
      .join() ?? '';
  for (const { id, probes } of checks) {
    const own = segmentOf(id.replace('published/', ''));
    t.true(
      probes.some(({ machine }) => segmentOf(machine) === own),
      `${id}: hairpin`,
    );
  }
  const asked = new Set(checks.flatMap(({ probes }) => probes.map(({ machine }) => segmentOf(machine))));
  t.is(asked.size, 60);
});

test('a lab of few segments is asked from each, and nothing is said of others', (t) => {
  const kinds = [published, reach, isolated, forward];
  for (const name of ['virtual-wan', 'dmz', 'router-chain']) {
    const checks = kinds.flatMap(({ derive }) => derive(viewOf(example(name))));
    t.true(checks.length > 0);
    for (const { expectation } of checks) t.notRegex(expectation, / of \d+ segments/);
  }
});
