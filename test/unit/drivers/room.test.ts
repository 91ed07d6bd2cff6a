import test from 'ava';
import { writeFileSync } from 'node:fs';
import type { Probe } from '../../../src/core/probe.js';
import { LabnetError } from '../../../src/core/errors.js';
import { windowFor } from '../../../src/drivers/netns/engine/probe/files.js';
import { explained } from '../../../src/drivers/netns/room/explain.js';
import { readRoom } from '../../../src/drivers/netns/room/read.js';
import { countUsed } from '../../../src/drivers/netns/room/used.js';
import { judgeCards, judgeMemory } from '../../../src/drivers/vagrant/room.js';
import { SysError } from '../../../src/sys/libc.js';
import { labOf } from '../../helpers/topologies.js';

const MIB = 1024 * 1024;

const VMS = labOf(`name: vms
vagrant: { memory: 1024, libvirt: { memory: 256 } }
segments: { a: 10.0.0.0/24 }
hosts: { h: { count: 4, a: auto } }
`);

test('virtual machines need their memory: all that there is at most, and what is free better', (t) => {
  const has = (total: number, available: number) => ({ total: total * MIB, available: available * MIB });
  t.deepEqual(judgeMemory(VMS, has(8192, 4096), 'virtualbox'), []);
  t.like(judgeMemory(VMS, has(8192, 4095), 'virtualbox')[0], { code: 'little-room', severity: 'warning' });
  const [refused] = judgeMemory(VMS, has(4000, 3000), 'virtualbox');
  t.is(
    refused?.message,
    'vms needs 4096 MiB of memory for 4 virtual machines, and this computer has 4000 MiB',
  );
  t.is(refused?.severity, 'error');
  t.deepEqual(judgeMemory(VMS, has(4000, 3000), 'libvirt'), [], "a provider's own memory counts");
});

test('VirtualBox gives a machine eight network cards, one of them for Vagrant', (t) => {
  const lab = (segments: number) =>
    labOf(`name: cards
segments: { s: { count: ${segments}, subnet: 10.0.0.0/24 } }
hosts: { a: s-1 }
routers: { r: { interfaces: { s: auto } } }
`);
  t.deepEqual(judgeCards(lab(7)), []);
  t.regex(judgeCards(lab(8))[0]?.message ?? '', /^r needs 9 network cards/);
});

const probes = (count: number, protocol: 'icmp' | 'tcp'): Probe[] =>
  Array.from({ length: count }, (_, id) => ({
    id,
    machine: `m${id}`,
    protocol,
    to: '10.0.0.1',
    count: 1,
    interval: 1,
    timeout: 1,
    ...(protocol === 'tcp' && { port: 80 }),
  })) as unknown as Probe[];

test('fewer probes are under way at once where fewer files may be open', (t) => {
  const run = { probes: probes(5000, 'tcp'), listeners: [], captures: [] };
  t.is(windowFor(run, Infinity, 30), 4096);
  const window = windowFor(run, 1024, 30);
  t.true(window > 400 && 2 * window + 30 <= 1024);
  const crowd = { probes: probes(1000, 'icmp'), listeners: [], captures: [] };
  const error = t.throws(() => windowFor(crowd, 1024, 30), { instanceOf: LabnetError });
  t.is(error.diagnostics[0]?.code, 'no-room');
  t.regex(error.message, /verify needs 1018 open files, and 994 of 1024 are left/);
});

test('a system call that failed for want of something is explained', (t) => {
  const found = explained(new SysError('unshare', 28));
  t.true(found instanceof LabnetError);
  t.is((found as LabnetError).diagnostics[0]?.code, 'no-room');
  const other = new SysError('unshare', 1);
  t.is(explained(other), other, 'a missing right is no want');
});

test('a full disk is explained', (t) => {
  const error = t.throws(() => writeFileSync('/dev/full', 'x'));
  const found = explained(error);
  t.true(found instanceof LabnetError);
  t.like((found as LabnetError).diagnostics[0], { code: 'no-room' });
});

test('what is looked at here is there', (t) => {
  const room = readRoom();
  for (const resource of [
    'net-namespaces',
    'mounts',
    'memory',
    'system-files',
    'system-processes',
  ] as const) {
    const has = room[resource];
    t.true(has !== undefined && has.limit > 0 && has.left <= has.limit, resource);
  }
  const used = countUsed();
  t.true(used.threads >= 2, 'node alone has more threads than one');
});
