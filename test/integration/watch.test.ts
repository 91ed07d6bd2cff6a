/** `labnet watch` in a real browser: counters that rise, connections that come and go, its buttons. */
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { toolEnv } from '../../src/sys/tools.js';
import type { Browser } from '../helpers/chromium.js';
import { noChromium, openChromium } from '../helpers/chromium.js';
import { USERS, World } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';
import { examplePath } from '../helpers/topologies.js';
import { unless } from '../helpers/unless.js';
import type { Watch } from '../helpers/watching.js';
import { until, watching } from '../helpers/watching.js';

guardMachine(test);

const world = new World();
let browser: Browser | undefined;
/** What browsers complained of: a policy that was broken, a file that was not there, an error of the page's. */
const faults: string[] = [];

test.before(async (t) => {
  const { code, stderr } = await world.run('up', examplePath('virtual-wan'));
  t.is(code, 0, stderr);
});
test.after('no page has complained', (t) => {
  // Of a filter that is none, and of a server that has ended.
  const known = /status of 400 .*\/(capture|trace)$|ERR_CONNECTION_REFUSED .*\/events$/;
  t.deepEqual(
    faults.filter((text) => !known.test(text)),
    [],
  );
});
test.after.always(async () => {
  await browser?.close();
  await world.end();
});

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

const inBrowser = unless(noChromium, test.serial);

for (const { who, as } of USERS)
  inBrowser(`counters rise, connections come and go, as ${as}`, async (t) => {
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
    t.regex((await page.locator('#picture .badge').first().textContent()) ?? '', /NAT \d+/);
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

inBrowser('a packet is traced, with what is translated; a page that comes later shows it, too', async (t) => {
  const watch = await watching(t, world);
  const page = await pageOf(t, watch);
  await page.click('#tab-trace');
  await page.selectOption('#trace-from', 'proxyA');
  await page.fill('#trace-to', 'nobody');
  await page.click('#trace-start');
  await page.waitForSelector('#trace-said:has-text("there is no machine \'nobody\'")');
  await page.fill('#trace-to', 'proxyB');
  await page.click('#trace-start');
  await page.waitForSelector('#trace-hops li.back');
  t.regex(await page.locator('#trace-said').innerText(), /^✓ proxyA → proxyB \(icmp\): answered/);
  t.regex(
    await page.locator('#trace-hops').innerText(),
    /source 192\.168\.10\.100 becomes 100\.100\.100\.100[^]*virtual-wan\.yaml:19/,
  );
  const other = await pageOf(t, watch);
  await other.click('#tab-trace');
  t.true((await other.locator('#trace-hops li').count()) >= 5);
  watch.child.kill('SIGINT');
  t.is((await watch.end).code, 130);
});

inBrowser('of a lab that is changed it shows what it has become', async (t) => {
  const own = new World();
  t.teardown(() => own.end());
  const folder = temporaryFolder('watched');
  const file = join(folder, 'lab.yaml');
  const text = 'name: small\nsegments: { lan: 10.0.0.0/24 }\nhosts: { a: { lan: 10.0.0.1 } }\n';
  writeFileSync(file, text);
  t.is((await own.run('up', file)).code, 0);
  const watch = await watching(t, own);
  const page = await pageOf(t, watch);
  t.deepEqual(await page.locator('#interfaces th').allInnerTexts(), ['a']);
  writeFileSync(file, text.replace('10.0.0.1 }', '10.0.0.1 }, b: { lan: 10.0.0.2 }'));
  t.is((await own.run('up', file)).code, 0);
  await page.locator('#interfaces th', { hasText: 'b' }).waitFor();
  await page.waitForSelector('#status.live');
  t.is(await page.locator('#picture [data-machine]').count(), 2);
  t.is((await own.run('exec', 'b', '--', 'ping', '-q', '-c', '3', '-i', '0.2', 'a')).code, 0);
  await until(t, async () => (await numberOf(page, 'b', 'out')) >= 3, 'the new machine is counted');
  watch.child.kill('SIGINT');
  t.is((await watch.end).code, 130);
});

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
