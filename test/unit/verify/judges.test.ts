/** The judges are pure: what they say of evidence that was recorded, changed or left out. */
import test from 'ava';
import type { ProbeResult, TestOutcome } from '../../../src/core/probe.js';
import type { Check, Judgement } from '../../../src/verify/check.js';
import { planTalks } from '../../../src/verify/nat/plan.js';
import { deriveChecks } from '../../../src/verify/derive.js';
import { evidenceOf, planTraffic } from '../../../src/verify/traffic.js';
import { CHECK_KINDS } from '../../../src/verify/checks/index.js';
import { example, labOf, printed, read } from '../../helpers/topologies.js';

const RECORDED_RUN = 0x01020304;

/** Judges one check as if the run had gone like this; the recorded capture is of its first probe. */
function judge(check: Check, outcome: Partial<TestOutcome>): Judgement {
  const planned = planTraffic([check]);
  const known = { ...planned, run: { ...planned.run, run: RECORDED_RUN } };
  const talked = planTalks([check]).talkedIn([]);
  return check.judge({
    ...evidenceOf(known, { results: [], listeners: [], captured: [], ...outcome })(0),
    talked: (index) => talked(0, index),
    output: () => ({ exitCode: 0, stdout: '', stderr: '', timedOut: false }),
    link: () => ({}),
  });
}

function checkNamed(id: string, lab = example('virtual-wan')): Check {
  const found = deriveChecks(lab).find((check) => check.id === id);
  if (!found) throw new Error(`no check ${id}`);
  return found;
}

const answered = (id = 0): ProbeResult => ({ id, sent: 1, replies: [{ kind: 'answer', from: '', rtt: 1 }] });
const silent = (id = 0): ProbeResult => ({ id, sent: 2, replies: [] });
const recorded = (machine: string, complete = true, text = read('test/recorded/tcpdump-proxyB.txt')) => ({
  machine,
  output: printed(text),
  complete,
});

test('an answer by another address than the one that was asked is none', (t) => {
  const check = checkNamed('gateway/proxyA');
  const by = (from: string): ProbeResult => ({ id: 0, sent: 1, replies: [{ kind: 'answer', from, rtt: 1 }] });
  t.like(judge(check, { results: [by('192.168.10.10')] }), { status: 'pass' });
  const judged = judge(check, { results: [by('172.168.10.10')] });
  t.is(judged.status, 'fail');
  t.deepEqual(judged.evidence, ['proxyA -> 192.168.10.10 (icmp): 1 sent, 1 answered, but by 172.168.10.10']);
});

test('seen-as passes on the source that was captured, not on an answer', (t) => {
  const check = checkNamed('seen-as/proxyA');
  t.like(judge(check, { results: [answered()], captured: [recorded('proxyB')] }), {
    status: 'pass',
    observed: 'seen as 100.100.100.100',
  });
  t.like(judge(check, { results: [answered()], captured: [recorded('proxyB', true, '')] }), {
    status: 'fail',
    observed: 'nothing arrived at proxyB',
  });
});

test('seen-as fails on another source, and names it', (t) => {
  const text = read('test/recorded/tcpdump-proxyB.txt').replace(
    '6464 6464\n\t0x0010:  aca8 0a64 0800',
    'c0a8 0a64\n\t0x0010:  aca8 0a64 0800',
  );
  const judgement = judge(checkNamed('seen-as/proxyA'), {
    results: [answered()],
    captured: [recorded('proxyB', true, text)],
  });
  t.like(judgement, {
    status: 'fail',
    observed: 'seen as 192.168.10.100',
    cause: 'wrong source: 192.168.10.100 instead of 100.100.100.100',
  });
});

test('blocked passes only with a complete capture that did not see the packet', (t) => {
  const check = checkNamed('check/3');
  const other = recorded(
    'proxyB',
    true,
    read('test/recorded/tcpdump-sink.txt').replaceAll('0102 0304', '0909 0909'),
  );
  t.like(judge(check, { results: [silent()], captured: [other] }), {
    status: 'pass',
    observed: '2 sent, 0 answered, 0 seen at proxyB',
  });
  t.like(judge(check, { results: [silent()], captured: [{ ...other, complete: false }] }), {
    status: 'error',
  });
  t.like(judge(check, { results: [silent()], captured: [] }), { status: 'error' });
});

test('blocked fails on an answer, on a refusal, and on a packet that arrived unanswered', (t) => {
  const check = checkNamed('check/3');
  const refused: ProbeResult = {
    id: 0,
    sent: 1,
    replies: [{ kind: 'refused', from: '172.168.10.100', rtt: 1 }],
  };
  t.like(judge(check, { results: [answered()], captured: [recorded('proxyB')] }), {
    status: 'fail',
    observed: 'answered',
  });
  t.like(judge(check, { results: [refused], captured: [recorded('proxyB', true, '')] }), { status: 'fail' });
  t.like(judge(check, { results: [silent()], captured: [recorded('proxyB')] }), {
    status: 'fail',
    observed: 'arrived at proxyB, though no answer came back',
  });
});

test('blocked without a packet sent proves nothing', (t) => {
  t.is(
    judge(checkNamed('check/3'), {
      results: [{ id: 0, sent: 0, replies: [] }],
      captured: [recorded('proxyB', true, '')],
    }).status,
    'error',
  );
});

test('an unreachable from a router on the way counts as blocked', (t) => {
  const unreachable: ProbeResult = {
    id: 0,
    sent: 1,
    replies: [{ kind: 'unreachable', from: '192.168.10.10', detail: 'net unreachable', rtt: 1 }],
  };
  t.is(
    judge(checkNamed('check/3'), { results: [unreachable], captured: [recorded('proxyB', true, '')] }).status,
    'pass',
  );
});

test('gateway fails where one probe has no answer, and says which', (t) => {
  const judgement = judge(checkNamed('gateway/proxyA'), { results: [silent()] });
  t.like(judgement, { status: 'fail', observed: '0 of 1 answered; not proxyA', failed: [0] });
});

test('published needs the answer to come from the host itself', (t) => {
  const check = checkNamed('published/proxyB');
  const results = check.probes.map((_, id) => answered(id));
  const judgement = judge(check, { results, captured: [recorded('proxyB', true, '')] });
  t.like(judgement, { status: 'fail', cause: 'somebody else answers for 100.100.100.200' });
});

test('a path is judged by the routers that answered, in their order', (t) => {
  const check = checkNamed('check/1', example('router-chain'));
  const hop = (id: number, from: string): ProbeResult => ({
    id,
    sent: 1,
    replies: [{ kind: 'expired', from, rtt: 1 }],
  });
  const froms = ['10.0.0.1', '10.0.1.2', '10.0.2.2', '10.0.3.2', '10.0.4.2'];
  const right = [...froms.map((from, id) => hop(id, from)), answered(5), answered(6), answered(7)];
  t.is(judge(check, { results: right }).status, 'pass');
  const swapped = [hop(0, '10.0.1.2'), hop(1, '10.0.0.1'), ...right.slice(2)];
  t.like(judge(check, { results: swapped }), { status: 'fail', cause: 'another way: the routes differ' });
  t.is(judge(check, { results: right.slice(0, 5) }).status, 'fail');
});

test('every kind of check is asked for by some example, and has a text for people', (t) => {
  // No example asks for what takes a package of its own.
  const opening = labOf(`name: x
segments: { lan: 10.0.0.0/24, wan: 203.0.113.0/24 }
hosts: { a: lan, b: wan }
routers: { r: { lan: auto, wan: auto, nat: [{ masquerade: lan, via: wan, port-control: true }] } }`);
  const labs = [
    ...['virtual-wan', 'dmz', 'router-chain', 'carrier-grade', 'three-isps', 'bufferbloat'].map(example),
    opening,
  ];
  const kinds = new Set(labs.flatMap((lab) => deriveChecks(lab).map(({ kind }) => kind)));
  t.deepEqual([...kinds].sort(), CHECK_KINDS.map(({ kind }) => kind).sort());
  t.true(CHECK_KINDS.every(({ about }) => about.length > 10));
});

test('ids are unique and stable', (t) => {
  const ids = deriveChecks(example('three-isps')).map(({ id }) => id);
  t.is(new Set(ids).size, ids.length);
  t.deepEqual(
    ids,
    deriveChecks(example('three-isps')).map(({ id }) => id),
  );
});

test("the article's lab is proven from both sides", (t) => {
  const ids = deriveChecks(example('virtual-wan')).map(({ id }) => id);
  t.deepEqual(ids, [
    'gateway/proxyA',
    'gateway/peerA',
    'gateway/proxyB',
    'gateway/peerB',
    'published/proxyA',
    'published/proxyB',
    'seen-as/proxyA',
    'seen-as/proxyB',
    'isolated/intnetA',
    'isolated/intnetB',
    'check/1',
    'check/2',
    'check/3',
  ]);
});

test('a published address is to be reached from its own segment too (hairpin)', (t) => {
  t.deepEqual(
    checkNamed('published/proxyA').probes.map(({ machine }) => machine),
    ['peerA', 'proxyB'],
  );
});

test('isolate: false asks for no isolation', (t) => {
  const lab = labOf(`name: x
segments: { a: 10.0.0.0/24, b: 10.1.0.0/24 }
hosts: { ha: a, hb: b }
routers: { r: { interfaces: { a: auto, b: auto }, isolate: false, nat: [{ static: ha, public: 198.51.100.1 }] } }`);
  t.false(deriveChecks(lab).some(({ kind }) => kind === 'isolated'));
});

/** Behind each of two NATs somebody has the same address. */
const TWINS = `name: twins
segments: { internet: 203.0.113.0/24, home-a: 192.168.1.0/24, home-b: 192.168.1.0/24 }
hosts: { alice: { home-a: 192.168.1.10 }, carol: { home-a: 192.168.1.20 }, bob: { home-b: 192.168.1.10 } }
routers:
  router-a: { internet: auto, home-a: 192.168.1.1, nat: [{ masquerade: home-a, via: internet }] }
  router-b: { internet: auto, home-b: 192.168.1.1, nat: [{ masquerade: home-b, via: internet }] }
checks:
  - { ping: alice -> bob }
  - { blocked: carol -> bob }
  - { ping: carol -> alice }
`;

test('a packet to an address that is another machine there proves nothing of the one that is meant', (t) => {
  const lab = labOf(TWINS);
  const [own, other, right] = [1, 2, 3].map((index) => checkNamed(`check/${index}`, lab));
  for (const [check, whose] of [
    [own, 'alice has no way to bob: 192.168.1.10 is its own address there'],
    [other, "carol has no way to bob: 192.168.1.10 is alice's address there"],
  ] as const) {
    t.deepEqual(check?.probes, []);
    t.like(check && judge(check, {}), { status: 'error', observed: whose });
  }
  t.like(right && judge(right, { results: [answered()] }), { status: 'pass' });
});
