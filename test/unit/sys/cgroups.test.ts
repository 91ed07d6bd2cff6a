import test from 'ava';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readGroups } from '../../../src/sys/cgroups.js';
import { temporaryFolder } from '../../helpers/folder.js';

type Files = Readonly<Record<string, string>>;

function makeGroups(files: Files): string {
  const folder = temporaryFolder('cgroups');
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

test('of version 2 the level counts at which the least is left', (t) => {
  const mount = makeGroups({
    'user.slice/pids.max': '100\n',
    'user.slice/pids.current': '90\n',
    'user.slice/mine/pids.max': '50\n',
    'user.slice/mine/pids.current': '20\n',
    'user.slice/memory.max': 'max\n',
    'user.slice/mine/memory.max': '1000000\n',
    'user.slice/mine/memory.current': '900000\n',
    'user.slice/mine/memory.stat': 'anon 100000\ninactive_file 300000\nslab_reclaimable 100000\n',
  });
  const mountinfo = `20 19 0:20 / ${mount} rw,nosuid - cgroup2 cgroup2 rw\n`;
  const { pids, memory } = readGroups(mountinfo, '0::/user.slice/mine\n');
  t.deepEqual(pids, { limit: 100, used: 90, file: join(mount, 'user.slice/pids.max') });
  t.deepEqual(
    memory,
    { limit: 1_000_000, used: 500_000, file: join(mount, 'user.slice/mine/memory.max') },
    'copies of files give way',
  );
});

test('version 1 has a hierarchy for each, and a number for unlimited', (t) => {
  const mount = makeGroups({
    'pids/a/pids.max': 'max\n',
    'memory/a/memory.limit_in_bytes': '9223372036854771712\n',
    'memory/a/memory.usage_in_bytes': '5\n',
  });
  const mountinfo = [
    `20 19 0:20 / ${join(mount, 'pids')} rw - cgroup cgroup rw,pids`,
    `21 19 0:21 / ${join(mount, 'memory')} rw - cgroup cgroup rw,memory`,
  ].join('\n');
  const groups = '8:pids:/a\n4:memory:/a\n0::/\n';
  t.deepEqual(readGroups(mountinfo, groups), { pids: undefined, memory: undefined });
  writeFileSync(join(mount, 'pids/a/pids.max'), '30\n');
  writeFileSync(join(mount, 'pids/a/pids.current'), '10\n');
  t.like(readGroups(mountinfo, groups).pids, { limit: 30, used: 10 });
});

test('a container sees its own part of the hierarchy', (t) => {
  const mount = makeGroups({ 'pids.max': '30\n', 'pids.current': '10\n' });
  const mountinfo = `20 19 0:20 /docker/abc ${mount} rw - cgroup2 cgroup2 rw\n`;
  t.like(readGroups(mountinfo, '0::/docker/abc\n').pids, { limit: 30, used: 10 });
});
