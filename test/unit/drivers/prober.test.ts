/** A prober whose thread has no turn for a while: what was answered meanwhile is not lost. */
import test from 'ava';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Prober } from '../../../src/drivers/netns/engine/probe/prober.js';

/** Says back what it gets, some time later; its port is told on standard output. */
const SLOW_ECHO = `const socket = require('dgram').createSocket('udp4');
socket.on('message', (text, from) => setTimeout(() => socket.send(text, from.port, from.address), 30));
socket.bind(0, '127.0.0.1', () => console.log(socket.address().port));
setTimeout(() => process.exit(), 20_000);`;

const busy = (length: number): void => {
  for (const end = performance.now() + length; performance.now() < end;);
};

test('an answer that came in time, and is read late, counts', async (t) => {
  const echo = spawn(process.execPath, ['-e', SLOW_ECHO], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => echo.kill('SIGKILL'));
  const [port] = (await once(echo.stdout, 'data')) as [Buffer];
  const prober = new Prober(() => undefined, 1, 8);
  t.teardown(() => prober.close());
  const probe = {
    machine: 'here',
    protocol: 'udp',
    to: '127.0.0.1',
    count: 1,
    interval: 0,
    wait: 300,
  } as const;
  const probing = prober.probe([{ ...probe, id: 1, port: Number(String(port)) }]);
  // Behind the first look at the socket, and past the end of the wait.
  setImmediate(() => busy(1_500));
  const [result] = await probing;
  t.deepEqual(
    result?.replies.map(({ kind }) => kind),
    ['answer'],
  );
});
