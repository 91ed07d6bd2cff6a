/** `labnet watch` in a real browser: counters that rise, connections that come and go, its buttons, and who is kept out. */
import type { ExecutionContext } from 'ava';
import test from 'ava';
import type { ChildProcess } from 'node:child_process';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { toolEnv } from '../../src/sys/tools.js';
import type { Browser } from '../helpers/chromium.js';
import { noChromium, openChromium } from '../helpers/chromium.js';
import { finished, isRoot, World } from '../helpers/cli.js';
import { guardMachine } from '../helpers/machine.js';
import { examplePath } from '../helpers/topologies.js';

guardMachine(test);

/** Milliseconds: for a machine on which much else runs. */
const LONG = 60_000;
const world = new World();
const running: ChildProcess[] = [];
let browser: Browser | undefined;
/** What browsers complained of: a policy that was broken, a file that was not there, an error of the page's. */
const faults: string[] = [];

test.before(async (t) => {
  const { code, stderr } = await world.run('up', examplePath('virtual-wan'));
  t.is(code, 0, stderr);
});
test.after('no page has complained', (t) => {
  // Of a filter that is none, and of a server that has ended.
  const known = /status of 400 .*\/capture$|ERR_CONNECTION_REFUSED .*\/events$/;
  t.deepEqual(
    faults.filter((text) => !known.test(text)),
    [],
  );
});
test.after.always(async () => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  await browser?.close();
  await world.end();
});

type Watch = {
  readonly child: ChildProcess;
  readonly end: ReturnType<typeof finished>;
  readonly url: string;
  readonly port: number;
  readonly token: string;
};

async function watching(t: ExecutionContext, who: World, ...args: readonly string[]): Promise<Watch> {
  const child = who.start('watch', '--json', ...args);
  running.push(child);
  const end = finished(child);
  const timer = setTimeout(() => child.kill('SIGKILL'), 2 * LONG);
  child.once('close', () => clearTimeout(timer));
  let said = '';
  await Promise.race([
    end,
    new Promise<void>((resolve) =>
      child.stdout?.on('data', (chunk: string) => {
        if ((said += chunk).includes('\n')) resolve();
      }),
    ),
  ]);
  t.regex(said, /^\{"schema":"labnet.watch\/1"/);
  return { child, end, ...(JSON.parse(said) as Pick<Watch, 'url' | 'port' | 'token'>) };
}

/** The status of one request, with headers that browsers would not send. */
const ask = (
  { port }: Watch,
  path: string,
  headers: Readonly<Record<string, string>>,
  method = 'GET',
): Promise<number> =>
  new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers, method }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });

const pathIn = ({ url }: Watch, below = ''): string => `${new URL(url).pathname}${below}`;

async function pageOf(t: ExecutionContext, { url }: Watch): Promise<Page> {
  browser ??= await openChromium();
  const page = await browser.context.newPage();
  page.on('pageerror', ({ message }) => faults.push(message));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`${message.text()} ${message.location().url}`);
  });
  t.teardown(() => page.close());
  await page.goto(url);
  await page.waitForSelector('#status.live');
  return page;
}

const numberOf = async (page: Page, machine: string, label: string): Promise<number> =>
  Number(
    (
      await page
        .locator(`#interfaces tr:has(th:text-is("${machine}")) td[data-label="${label}"]`)
        .first()
        .innerText()
    ).replaceAll(/\D/g, ''),
  );

const ping = (who: World, count: number): Promise<unknown> =>
  who.run(
    'exec',
    '--lab',
    'virtual-wan',
    'proxyA',
    '--',
    'ping',
    '-q',
    '-c',
    `${count}`,
    '-i',
    '0.2',
    '100.100.100.200',
  );

async function until(
  t: ExecutionContext,
  holds: () => Promise<boolean> | boolean,
  what: string,
): Promise<void> {
  const end = performance.now() + LONG;
  while (!(await holds())) {
    if (performance.now() > end) return t.fail(what);
    await sleep(100);
  }
  t.pass(what);
}

const inBrowser = noChromium === '' ? test.serial : test.serial.skip;

for (const who of isRoot ? (['self', 'user'] as const) : (['self'] as const))
  inBrowser(`counters rise, connections come and go (${who})`, async (t) => {
    const own = new World(who);
    t.teardown(() => own.end());
    t.is((await own.run('up', examplePath('two-homes'))).code, 0);
    const watch = await watching(t, own);
    const page = await pageOf(t, watch);
    t.is(new URL(page.url()).search, '', 'the token is not shown');
    await page.waitForSelector('#rules tr', { state: 'attached' });
    const before = await numberOf(page, 'server', 'in');
    const pinged = own.run('exec', 'alice', '--', 'ping', '-q', '-c', '20', '-i', '0.2', 'server');
    await until(t, async () => (await numberOf(page, 'server', 'in')) >= before + 5, 'the interface counts');
    await page.click('#tab-connections');
    const row = page.locator('#connections tr', { hasText: '203.0.113.10' }).first();
    await row.waitFor();
    t.regex(
      await row.innerText(),
      /router-a\s+icmp\s+192\.168\.1\.10\s+203\.0\.113\.10\s+seen as 203\.0\.113\.1\s+open/,
    );
    t.regex((await page.locator('#picture .badge').first().textContent()) ?? '', /NAT \d+ · tracks [1-9]/);
    await page.click('#tab-rules');
    const packets = page.locator('#rules tr:has(th:text-is("router-a")) td[data-label="packets"]');
    await until(
      t,
      async () => (await packets.allInnerTexts()).some((text) => /[1-9]/.test(text)),
      'a rule counts',
    );
    t.is((await pinged).code, 0);
    await page.click('#tab-connections');
    t.is((await own.run('nat', 'flush', 'router-a')).code, 0);
    const open = page.locator('#connections tr:not(.ended)', { hasText: '203.0.113.10' });
    await until(t, async () => (await open.count()) === 0, 'the connection went');
    watch.child.kill('SIGINT');
    t.is((await watch.end).code, 130);
  });

inBrowser(
  'verify shows verdicts, capture shows lines and gives the file; two browsers see the same',
  async (t) => {
    const watch = await watching(t, world);
    const [page, other] = [await pageOf(t, watch), await pageOf(t, watch)];
    await page.click('#tab-verify');
    await page.click('#verify');
    await page.waitForSelector('#verdicts li.pass');
    t.regex(await page.locator('#verify-said').innerText(), /^13 passed, 0 failed/);
    await other.click('#tab-verify');
    await other.waitForSelector('#verdicts li.pass');
    t.is(await other.locator('#verdicts li').count(), 13);

    await page.click('#tab-capture');
    await page.selectOption('#capture-places select >> nth=0', 'router');
    await page.selectOption('#capture-places select >> nth=1', 'intnetB');
    await page.fill('#capture-filter', 'icmpp');
    await page.click('#capture-start');
    await page.waitForSelector('#capture-said:has-text("the filter:")');
    t.is(await page.locator('#capture-file').isVisible(), false);
    await page.reload();
    await page.click('#tab-capture');
    await page.selectOption('#capture-places select >> nth=0', 'router');
    await page.selectOption('#capture-places select >> nth=1', 'intnetB');
    await page.fill('#capture-filter', 'icmp');
    await page.click('#capture-start');
    await page.waitForSelector('#capture-said:has-text("capturing at router:intnetB, icmp")');
    await ping(world, 3);
    const lines = page.locator('#capture-lines', {
      hasText: '100.100.100.100 > 172.168.10.100: ICMP echo request',
    });
    await lines.waitFor();
    await other.click('#tab-capture');
    await other.waitForSelector('#capture-lines:has-text("echo reply")');
    await page.click('#capture-stop');
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#capture-file')]);
    const file = await download.path();
    const { stdout } = spawnSync('tcpdump', ['-n', '-r', file], { env: toolEnv(), encoding: 'utf8' });
    t.is(stdout.trim().split('\n').length, 6);
    watch.child.kill('SIGINT');
    t.is((await watch.end).code, 130);
    t.deepEqual(
      readdirSync(tmpdir()).filter((name) => name.startsWith(`labnet-watch-${watch.child.pid ?? 0}-`)),
      [],
    );
  },
);

inBrowser('of a lab that goes it says so, and ends', async (t) => {
  const own = new World();
  t.teardown(() => own.end());
  t.is((await own.run('up', examplePath('two-homes'))).code, 0);
  const watch = await watching(t, own);
  const page = await pageOf(t, watch);
  await own.run('down');
  await page.waitForSelector('#status.ended');
  t.is(await page.locator('#status').innerText(), '■ ended: the lab was taken down');
  t.is((await watch.end).code, 0);
});

test.serial('who has no token, another name for it, or comes from another page is kept out', async (t) => {
  const watch = await watching(t, world);
  const host = `127.0.0.1:${watch.port}`;
  const bearer = `Bearer ${watch.token}`;
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
  t.regex(
    second.stderr,
    /error\[watch-port\]: port \d+ of 127\.0\.0\.1 cannot be listened on: something listens there already/,
  );
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
