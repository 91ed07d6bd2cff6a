/** Who is kept out of the page of `labnet watch`, where it listens, and what it starts. */
import test from 'ava';
import { Buffer } from 'node:buffer';
import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { processesWith } from '../helpers/chromium.js';
import { isRoot, World } from '../helpers/cli.js';
import { guardMachine } from '../helpers/machine.js';
import { examplePath } from '../helpers/topologies.js';
import type { Watch } from '../helpers/watching.js';
import { ask, pathIn, until, watching } from '../helpers/watching.js';

guardMachine(test);

const world = new World();

test.before(async (t) => {
  const { code, stderr } = await world.run('up', examplePath('virtual-wan'));
  t.is(code, 0, stderr);
});
test.after.always(() => world.end());

test.serial('who has no token, another name for it, or comes from another page is kept out', async (t) => {
  const watch = await watching(t, world);
  const host = `127.0.0.1:${watch.port}`;
  const bearer = `Bearer ${watch.token}`;
  t.deepEqual(processesWith(watch.token), [], 'no command line has the token');
  t.true(Buffer.from(watch.token, 'base64url').length >= 16);
  t.is(await ask(watch, pathIn(watch), { host, authorization: bearer }), 200);
  t.is(await ask(watch, pathIn(watch), { host }), 403);
  t.is(await ask(watch, `${pathIn(watch)}?token=${watch.token.replace(/^./, '')}`, { host }), 403);
  t.is(await ask(watch, '/', { host, authorization: bearer }), 403);
  t.is(
    await ask(watch, pathIn(watch), { host: `rebound.example:${watch.port}`, authorization: bearer }),
    403,
  );
  t.is(await ask(watch, pathIn(watch, '..%2f..%2fpackage.json'), { host, authorization: bearer }), 404);
  const json = { host, cookie: `labnet-watch=${watch.token}`, 'content-type': 'application/json' };
  t.is(await ask(watch, pathIn(watch, 'verify'), { ...json, origin: 'http://evil.example' }, 'POST'), 403);
  t.is(await ask(watch, pathIn(watch, 'verify'), json, 'POST'), 403);
  t.is(await ask(watch, pathIn(watch, 'nothing'), { ...json, origin: `http://${host}` }, 'POST'), 404);
  watch.child.kill('SIGTERM');
  t.is((await watch.end).code, 130);
});

test.serial('it listens on the loopback alone, and says so of a port that is taken', async (t) => {
  const watch = await watching(t, world);
  const hex = watch.port.toString(16).toUpperCase().padStart(4, '0');
  const listening = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '', , state]) => local.endsWith(`:${hex}`) && state === '0A');
  t.deepEqual(
    listening.map(([, local]) => local),
    [`0100007F:${hex}`],
  );
  const second = await world.run('watch', '--port', `${watch.port}`);
  t.is(second.code, 1);
  t.regex(second.stderr, /error\[watch-port\]: cannot listen on port \d+ of 127\.0\.0\.1: it is in use/);
  t.is((await world.run('watch', '--port', '0')).code, 2);
  t.is((await world.run('watch', 'nowhere')).code, 2);
  watch.child.kill('SIGINT');
  t.is((await watch.end).code, 130);
});

test.serial(
  'without anybody who watches there is no engine in the lab, and with several there is one',
  async (t) => {
    const user = isRoot ? new World('user') : world;
    if (user !== world) {
      t.teardown(() => user.end());
      t.is((await user.run('up', examplePath('virtual-wan'))).code, 0);
    }
    const watch = await watching(t, user);
    const engines = (): number => childrenOf(watch.child.pid ?? 0).length;
    t.is(engines(), 0);
    const headers = { host: `127.0.0.1:${watch.port}`, authorization: `Bearer ${watch.token}` };
    const streams = await Promise.all([1, 2].map(() => stream(watch, headers)));
    await until(t, () => engines() === 1, 'an engine');
    await sleep(1_000);
    t.is(engines(), 1);
    for (const one of streams) one.destroy();
    await until(t, () => engines() === 0, 'no engine');
    watch.child.kill('SIGINT');
    t.is((await watch.end).code, 130);
  },
);

/** Of all its threads: those that have not ended. */
function childrenOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8')
      .split(' ')
      .filter((one) => one !== ''),
  );
}

const stream = (watch: Watch, headers: Readonly<Record<string, string>>) =>
  new Promise<{ destroy: () => void }>((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port: watch.port, path: pathIn(watch, 'events'), headers },
      (response) => {
        response.resume().on('error', () => undefined);
        resolve(asked);
      },
    )
      .on('error', reject)
      .end();
  });
