import test from 'ava';
import { capacityOf } from '../../../src/plan/capacity.js';
import { candidatesOf, exhausted, failedBy } from '../../../src/plan/exhausted.js';
import type { Needs, Resource } from '../../../src/plan/needs.js';
import { largestSegment, needsOf, RESOURCES } from '../../../src/plan/needs.js';
import { strangersIn } from '../../../src/plan/neighbours.js';
import type { Room } from '../../../src/plan/room.js';
import { judgeRoom, KINDS } from '../../../src/plan/room.js';
import { labOf, PORT_CONTROL, read } from '../../helpers/topologies.js';

const flat = (hosts: number) =>
  labOf(`name: flat\nsegments: { lan: 10.0.0.0/16 }\nhosts: { h: { count: ${hosts}, lan: auto } }\n`);
const MIB = 1024 * 1024;
const WHO = { name: 'wan', segment: 'lan' };
const NOTHING = Object.fromEntries(RESOURCES.map((one) => [one, 0])) as Needs;
const judgeOne = (resource: Resource, needed: number, left: number, limit: number) =>
  judgeRoom(WHO, { ...NOTHING, [resource]: needed }, { [resource]: { left, limit } });

test('a lab needs a namespace and a mount for each machine, and its own', (t) => {
  const needs = needsOf(flat(100));
  t.is(needs['net-namespaces'], 101);
  t.is(needs.mounts, 101);
  t.is(needs['user-namespaces'], 1);
  t.is(needs['bridge-ports'], 100);
  t.true(needs.memory > 100 * 512 * 1024);
  t.true(needsOf(labOf(PORT_CONTROL)).processes > needsOf(flat(4)).processes, 'a program runs in the router');
});

test('a change needs what it adds', (t) => {
  const before = flat(100);
  const after = flat(130);
  const there = new Set(before.machines.map(({ name }) => name));
  const needs = needsOf(after, there);
  t.is(needs['net-namespaces'], 31);
  t.is(needs.mounts, 30);
  t.is(needs['user-namespaces'], 0);
  t.is(needs['bridge-ports'], 130, 'ports are counted with those that are there');
  const none = needsOf(before, there);
  for (const resource of ['memory', 'processes', 'mounts', 'pid-namespaces'] as const)
    t.is(none[resource], 0, `${resource}: what is only taken away needs no room`);
});

for (const resource of RESOURCES) {
  test(`too little is said with the number and the fix: ${resource}`, (t) => {
    const [needed, left, limit] = [3000 * MIB, 1000 * MIB, 2000 * MIB];
    const [found, ...more] = judgeOne(resource, needed, left, limit);
    t.deepEqual(more, []);
    const { noun, setting, isSoft } = KINDS[resource];
    t.is(found?.severity, isSoft === true ? 'warning' : 'error');
    t.is(found?.code, isSoft === true ? 'little-room' : 'no-room');
    const shown =
      noun === 'memory' ? ['3000 MiB', '1000 MiB of 2000 MiB'] : [`${needed}`, `${left} of ${limit}`];
    for (const part of [...shown, noun, setting]) t.true(found?.message.includes(part), found?.message);
    t.true((found?.fix ?? '').length > 20, 'there is a fix');
    // What the fix sets is enough: what is used, and what is needed.
    const numbers = (found?.fix ?? '').match(/\d{4,}(?=M?\b)/g) ?? [];
    for (const number of numbers)
      t.true(Number(number) >= (noun === 'memory' ? 4000 : limit - left + needed));
    t.deepEqual(judgeOne(resource, needed, needed, limit), [], 'just enough is enough');
    t.deepEqual(
      judgeRoom(WHO, { ...NOTHING, [resource]: needed }, {}),
      [],
      'what has no limit is no obstacle',
    );
    t.deepEqual(judgeOne(resource, 0, -5, limit), [], 'what is not needed is not asked for');
  });
}

test('the segment is named that has too many machines for a bridge', (t) => {
  const lab = labOf(`name: two
segments: { few: 10.1.0.0/24, many: 10.0.0.0/16 }
hosts: { a: { count: 3, few: auto }, b: { count: 40, many: auto } }
`);
  t.deepEqual(largestSegment(lab), { name: 'many', ports: 40 });
  const [found] = judgeRoom({ name: 'two', segment: 'many' }, needsOf(lab), {
    'bridge-ports': { left: 39, limit: 39 },
  });
  t.is(found?.message, 'segment many needs 40 ports of one bridge, and there are 39 (fixed in the kernel)');
});

test('neighbours are asked for in small labs, and by hosts of a crowd', (t) => {
  t.deepEqual(strangersIn(flat(10)), { 4: 90, 6: 0 });
  t.deepEqual(strangersIn(flat(64)), { 4: 0, 6: 0 }, 'all of them are permanent');
  t.deepEqual(strangersIn(flat(100)), { 4: 9900, 6: 0 }, 'hosts of a crowd know none but routers');
});

const room = (left: number): Room => ({
  'net-namespaces': { left, limit: 1000 },
  files: { left: 20_000, limit: 20_000 },
  neighbours4: { left: 0, limit: 0 },
});

test('the capacity is what a lab of that size needs, and not one machine more', (t) => {
  const found = capacityOf(room(301));
  t.like(found, { machines: 300, where: 'user.max_net_namespaces' });
  t.deepEqual(judgeRoom(WHO, { ...needsOf(flat(300)), neighbours4: 0 }, room(301)), []);
  t.is(judgeRoom(WHO, { ...needsOf(flat(301)), neighbours4: 0 }, room(301)).length, 1);
  t.is(capacityOf({ files: { left: 3, limit: 3 } })?.machines, 0);
  t.is(capacityOf({}), undefined);
});

test('an errno says what was run out of', (t) => {
  t.true(candidatesOf({ code: 'ENOSPC', call: 'unshare' }).includes('net-namespaces'));
  t.deepEqual(candidatesOf({ code: 'ENOSPC', call: 'mount' }), ['mounts']);
  t.deepEqual(candidatesOf({ code: 'ENOSPC', call: 'write' }), [], 'a full disk is no limit of the kernel');
  t.deepEqual(candidatesOf({ code: 'EMFILE', call: 'socket' }), ['files']);
  t.deepEqual(candidatesOf({ code: 'EXFULL', call: 'netlink' }), ['bridge-ports']);
  t.true(candidatesOf({ code: 'EAGAIN', call: 'spawn /bin/sh' }).includes('cgroup-processes'));
  t.deepEqual(candidatesOf({ code: 'EAGAIN', call: 'recvmsg' }), [], 'nothing to read is no want');
  t.deepEqual(candidatesOf({ code: 'EPERM', call: 'unshare' }), []);
});

test('what tools print says it too', (t) => {
  t.deepEqual(failedBy('unshare: unshare failed: No space left on device'), {
    code: 'ENOSPC',
    call: 'unshare',
  });
  t.deepEqual(failedBy('unshare: fork failed: Resource temporarily unavailable'), {
    code: 'EAGAIN',
    call: 'unshare',
  });
  t.deepEqual(failedBy('/bin/sh: 1: Cannot fork'), { code: 'EAGAIN', call: 'fork' });
  t.is(failedBy('iptables-restore: line 3 failed'), undefined);
});

test('what is run out of is the limit that is nearest, and one that cannot be seen is not made up', (t) => {
  const failed = { code: 'ENOSPC', call: 'unshare' };
  const near = exhausted('unshare', failed, { ...room(1), 'mnt-namespaces': { left: 900, limit: 1000 } });
  t.regex(near?.message ?? '', /no more namespaces.*1 of 1000 are left \(user\.max_net_namespaces\)/);
  t.is(near?.fix, 'as root: sysctl -w user.max_net_namespaces=3000');
  const far = exhausted('unshare', failed, room(900));
  t.regex(far?.message ?? '', /cannot be seen from here/);
  t.notRegex(far?.message ?? '', /900/);
  t.is(exhausted('open', { code: 'ENOENT', call: 'open' }, room(0)), undefined);
});

test('every limit is documented', (t) => {
  const text = read('docs/limits.md');
  for (const resource of RESOURCES) {
    const { setting } = KINDS[resource];
    for (const name of setting.match(/[a-z_0-9]+(\.[a-z_0-9-]+)+|ulimit -H\w|MemAvailable/g) ?? [])
      t.true(text.includes(name), `docs/limits.md lacks ${name} (${resource})`);
  }
});
