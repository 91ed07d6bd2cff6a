import test from 'ava';
import { execa } from 'execa';
import { boundToCaller } from '../../../src/drivers/netns/bound.js';

test('a program that ends with its caller begins as its child', async (t) => {
  const [program, ...argv] = boundToCaller('WHO=caller; export WHO;');
  const { stdout } = await execa(program, [...argv, 'sh', '-c', 'echo "$PPID $WHO $1"', 'sh', 'a "b']);
  t.is(stdout, `${process.pid} caller a "b`);
});

test('it does not begin when its caller is gone', async (t) => {
  const [program, ...argv] = boundToCaller();
  const adopted = argv.with(-1, '1');
  const { exitCode, stdout } = await execa(program, [...adopted, 'echo', 'begun'], { reject: false });
  t.deepEqual({ exitCode, stdout }, { exitCode: 1, stdout: '' });
});
