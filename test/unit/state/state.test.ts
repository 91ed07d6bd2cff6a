import test from 'ava';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabnetError } from '../../../src/core/errors.js';
import { lockLab } from '../../../src/state/lock.js';
import { Records } from '../../../src/state/record.js';
import { findStateRoot, makeStateRoot } from '../../../src/state/root.js';
import { temporaryFolder } from '../../helpers/folder.js';
import { example } from '../../helpers/topologies.js';

const folder = (): string => temporaryFolder('state');
const LOCK = new URL('../../../src/state/lock.js', import.meta.url).href;

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return error instanceof LabnetError ? (error.diagnostics[0]?.code ?? '') : String(error);
  }
  return 'none';
}

test('a record reads as it was written, and is gone when removed', (t) => {
  const records = new Records(folder());
  const lab = example('virtual-wan');
  records.write(
    {
      name: 'x',
      driver: 'netns',
      created: '2026-01-01T00:00:00Z',
      file: '/a.yaml',
      runtime: { holder: 1 },
      complete: true,
    },
    lab,
  );
  const record = records.read('x');
  t.like(record, { name: 'x', driver: 'netns', runtime: { holder: 1 }, complete: true });
  t.deepEqual(record && records.readLab(record), lab);
  t.deepEqual(records.names(), ['x']);
  records.remove('x');
  t.is(records.read('x'), undefined);
});

test('a record of another shape, a newer one and a changed lab are refused, each in words', (t) => {
  const root = folder();
  const records = new Records(root);
  const record = records.write(
    { name: 'x', driver: 'netns', created: '2026-01-01T00:00:00Z', file: '', runtime: {}, complete: true },
    example('virtual-wan'),
  );
  const [file = ''] = readdirSync(join(root, 'x')).filter((name) => name.startsWith('lab-'));
  writeFileSync(join(root, 'x', file), '{}');
  t.is(
    codeOf(() => records.readLab(record)),
    'state-unreadable',
  );
  for (const [text, code] of [
    ['{', 'state-unreadable'],
    ['{"version":1}', 'state-unreadable'],
    ['{"version":99}', 'state-newer'],
    ['null', 'state-unreadable'],
  ] as const) {
    writeFileSync(join(root, 'x', 'state.json'), text);
    t.is(
      codeOf(() => records.read('x')),
      code,
      text,
    );
  }
});

test('the lock is held by one, and names who holds it', async (t) => {
  const root = folder();
  const lock = await lockLab(root, 'x');
  const error = await t.throwsAsync(lockLab(root, 'x', 50), { instanceOf: LabnetError });
  t.regex(error.message, new RegExp(`process ${process.pid} \\(labnet`));
  lock.release();
  (await lockLab(root, 'x')).release();
  t.deepEqual(readdirSync(root), []);
});

test('nobody is told to end a process that is not seen to hold the lock', async (t) => {
  const root = folder();
  const lock = await lockLab(root, 'x');
  const fixOf = async (): Promise<unknown> =>
    (await t.throwsAsync(lockLab(root, 'x', 50), { instanceOf: LabnetError })).diagnostics[0]?.fix;
  t.regex(String(await fixOf()), new RegExp(`kill ${process.pid}`));
  // As another pid namespace has it: the number is somebody else's here.
  writeFileSync(join(root, 'x.lock'), '1 labnet up x.yaml\n');
  t.is(await fixOf(), 'wait for it to end');
  lock.release();
});

test('the lock of a killed process is free at once', async (t) => {
  const root = folder();
  const script = `const { lockLab } = await import(${JSON.stringify(LOCK)}); await lockLab(${JSON.stringify(root)}, 'x'); console.log('held'); setTimeout(() => {}, 60000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  await t.throwsAsync(lockLab(root, 'x'), { instanceOf: LabnetError });
  child.kill('SIGKILL');
  await once(child, 'exit');
  (await lockLab(root, 'x', 100)).release();
  t.pass();
});

test('many at once get the lock one after the other', async (t) => {
  const root = folder();
  let inside = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      const lock = await lockLab(root, 'x', 10_000);
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 3));
      inside--;
      lock.release();
    }),
  );
  t.is(most, 1);
});

test("the state folder is the user's own and closed to others", (t) => {
  const root = join(folder(), 'labnet');
  t.is(findStateRoot(root), root);
  t.false(existsSync(root), 'looking makes nothing');
  makeStateRoot(root);
  chmodSync(root, 0o777);
  t.is(
    codeOf(() => findStateRoot(root)),
    'not-yours',
  );
  const link = join(folder(), 'link');
  symlinkSync(folder(), link);
  t.is(
    codeOf(() => findStateRoot(link)),
    'not-yours',
  );
  t.true(existsSync(root));
});
