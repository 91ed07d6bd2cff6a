/** What agents find in machines is what the engine finds: the same checks, verdicts and words. */
import type { ExecutionContext } from 'ava';
import test from 'ava';
import type { Report } from '../../src/index.js';
import { verifyLab } from '../../src/verify/run.js';
import { guardMachine } from '../helpers/machine.js';
import type { Sessions } from '../helpers/sessions.js';
import { bringUpExample } from '../helpers/sessions.js';

guardMachine(test);

/** What has to be equal: all but how long it took, and the packets that captures show. */
const essence = ({ verdicts }: Report): unknown[] =>
  verdicts.map(({ id, kind, status, expectation, observed, cause, line }) => ({
    id,
    kind,
    status,
    expectation,
    observed: observed.replace(/\d+(\.\d+)? ?ms/g, 'ms'),
    cause,
    line,
  }));

async function verifyBoth(
  t: ExecutionContext,
  { lab, engine, agents }: Sessions,
): Promise<{ ours: Report; theirs: Report }> {
  const theirs = await verifyLab(lab.model, engine);
  const ours = await verifyLab(lab.model, agents);
  t.deepEqual(essence(ours), essence(theirs));
  t.log(`${lab.name}: ${ours.duration} ms by agents, ${theirs.duration} ms by the engine`);
  return { ours, theirs };
}

for (const name of ['virtual-wan', 'two-homes', 'dmz', 'router-chain', 'carrier-grade', 'ipv6-nat']) {
  test.serial(`${name} verifies through agents as through the engine`, async (t) => {
    const { ours } = await verifyBoth(t, await bringUpExample(t, name));
    t.is(ours.failed, 0);
  });
}

const FAULTS: readonly (readonly [lab: string, machine: string, plant: string])[] = [
  [
    'virtual-wan',
    'router',
    'iptables -F LABNET-FORWARD; iptables -t nat -F; ip route add blackhole 100.100.100.0/24',
  ],
  ['virtual-wan', 'proxyA', 'ip route del default'],
  [
    'router-chain',
    'r3',
    'ip route replace blackhole 10.0.5.0/24; ip -6 route replace unreachable 2001:db8:5::/64',
  ],
  ['dmz', 'firewall', 'iptables -t nat -F LABNET-DNAT'],
  ['two-homes', 'router-a', 'nft flush chain ip labnet new1'],
];

for (const [name, machine, plant] of FAULTS) {
  test(`${name} with a fault fails through agents as through the engine: ${plant}`, async (t) => {
    const sessions = await bringUpExample(t, name);
    const { exitCode, stderr } = await sessions.lab.exec(machine, ['sh', '-c', plant]);
    t.is(exitCode, 0, stderr);
    const { ours } = await verifyBoth(t, sessions);
    t.true(ours.failed > 0);
  });
}
