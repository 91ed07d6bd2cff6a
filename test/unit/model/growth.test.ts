/** What grows with a lab's hosts, and what would grow with their square: counted, as time depends on what else the machine does. */
import test from 'ava';
import type { Lab } from '../../../src/model/lab.js';
import { buildSteps } from '../../../src/plan/build.js';
import { deriveChecks } from '../../../src/verify/derive.js';
import { planTraffic } from '../../../src/verify/traffic.js';
import { planMesh } from '../../../src/verify/mesh/plan.js';
import { HOSTS_PER_SITE, wanTopology } from '../../bench/wan.js';
import { labOf } from '../../helpers/topologies.js';

const [FEW, MANY] = [200, 2000];
const SITES = 20;

/** Sites do not become more: each border router has a route to each other's, and their square is the shape's own. */
const labWith = (hosts: number): Lab =>
  labOf(
    wanTopology(hosts).replaceAll(new RegExp(`count: ${hosts / HOSTS_PER_SITE}\\b`, 'g'), `count: ${SITES}`),
  );
const labs = new Map([FEW, MANY].map((hosts) => [hosts, labWith(hosts)]));
const sizeOf = (value: unknown): number => JSON.stringify(value).length;

const COUNTED: Readonly<Record<string, (lab: Lab) => number>> = {
  'the resolved lab, as JSON': sizeOf,
  steps: (lab) => buildSteps(lab).length,
  'steps, as JSON': (lab) => sizeOf(buildSteps(lab)),
  checks: (lab) => deriveChecks(lab).length,
  'packets of verify': (lab) => planTraffic(deriveChecks(lab)).run.probes.length,
  'captures of verify': (lab) => planTraffic(deriveChecks(lab)).run.captures.length,
  'addresses of a mesh': (lab) =>
    planMesh(lab).hosts.reduce((sum, { addresses }) => sum + addresses.length, 0),
};

for (const [what, count] of Object.entries(COUNTED))
  test(`${what}: of ${MANY} hosts about ten times those of ${FEW}`, (t) => {
    const [few, many] = [FEW, MANY].map((hosts) => {
      const lab = labs.get(hosts);
      return lab ? count(lab) / hosts : NaN;
    });
    t.log(`a host: ${few?.toFixed(1) ?? ''} and ${many?.toFixed(1) ?? ''}`);
    t.true((many ?? NaN) / (few ?? NaN) <= 1.5, `${few ?? ''} ${many ?? ''}`);
  });
