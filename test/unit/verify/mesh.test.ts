import test from 'ava';
import { meshAddress } from '../../../src/core/mesh.js';
import type { Lab } from '../../../src/model/lab.js';
import type { Session } from '../../../src/transport/session.js';
import { planMesh } from '../../../src/verify/mesh/plan.js';
import { meshByProbes, verifyMesh } from '../../../src/verify/mesh/run.js';
import { wanTopology } from '../../bench/wan.js';
import { example, labOf } from '../../helpers/topologies.js';

/** `from -> to: address` of every pair that is asked. */
function pairsOf(lab: Lab): string[] {
  const plan = planMesh(lab);
  const run = { run: 1, ...plan };
  return plan.hosts.flatMap(({ machine }, from) =>
    plan.hosts.flatMap((other, to) => {
      const address = meshAddress(run, from, to);
      return address === undefined ? [] : [`${machine} -> ${other.machine}: ${address}`];
    }),
  );
}

test('hosts are asked at home by their own address, elsewhere by the public one, and not where there is no way', (t) => {
  t.deepEqual(pairsOf(example('virtual-wan')), [
    'proxyA -> peerA: 192.168.10.101',
    'proxyA -> proxyB: 100.100.100.200',
    'peerA -> proxyA: 192.168.10.100',
    'peerA -> proxyB: 100.100.100.200',
    'proxyB -> proxyA: 100.100.100.100',
    'proxyB -> peerB: 172.168.10.101',
    'peerB -> proxyA: 100.100.100.100',
    'peerB -> proxyB: 172.168.10.100',
  ]);
  t.is(planMesh(example('virtual-wan')).apart, 4);
});

test('every pair of a WAN has a way; the plan grows with the hosts, not with their pairs', (t) => {
  const [small, large] = [planMesh(labOf(wanTopology(20))), planMesh(labOf(wanTopology(200)))];
  for (const [plan, hosts] of [
    [small, 20],
    [large, 200],
  ] as const) {
    t.is(plan.apart, 0);
    t.is(plan.hosts.length, hosts);
    t.is(plan.choice.length, hosts / 10);
  }
  t.is(pairsOf(labOf(wanTopology(20))).length, 20 * 19);
  const addresses = large.hosts.reduce((sum, one) => sum + one.addresses.length, 0);
  t.is(addresses, 400);
});

/** Everybody answers but one address; each is asked so often before. */
const answering = (silent: string, asked: string[] = []): Session => ({
  run: () => Promise.resolve([]),
  test: ({ probes }) => {
    asked.push(...probes.map(({ machine, to }) => `${machine} ${to}`));
    return Promise.resolve({
      results: probes.map(({ id, to }) => ({
        id,
        sent: to === silent ? 3 : 1,
        replies: to === silent ? [] : [{ kind: 'answer' as const, from: to, rtt: 1 }],
      })),
      listeners: [],
      captured: [],
    });
  },
  converse: () => Promise.resolve([]),
  close: () => Promise.resolve(),
});

test('without a mesher every pair is an ordinary probe, a bounded number at once', async (t) => {
  const lab = labOf(wanTopology(100));
  const asked: string[] = [];
  const session = answering('198.19.0.1', asked);
  let most = 0;
  const outcome = await meshByProbes(
    { run: 1, ...planMesh(lab) },
    {
      ...session,
      test: (run) => {
        most = Math.max(most, run.probes.length);
        return session.test(run);
      },
    },
  );
  t.is(new Set(asked).size, 9900);
  t.true(most <= 2048);
  // The hosts of its own site ask it by its own address.
  t.like(outcome, { pairs: 9900, answered: 9810, lost: 90, again: 90, sent: 9810 + 3 * 90 });
});

test('what is lost is named', async (t) => {
  const report = await verifyMesh(example('virtual-wan'), answering('100.100.100.200'));
  t.like(report, { lab: 'virtual-wan', hosts: 4, pairs: 8, answered: 6, lost: 2, apart: 4 });
  t.deepEqual(report.lostPairs, [
    { from: 'peerA', to: 'proxyB', address: '100.100.100.200' },
    { from: 'proxyA', to: 'proxyB', address: '100.100.100.200' },
  ]);
});
