/** `labnet verify --report`: of real labs with real faults, opened in a real browser. */
import test from 'ava';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { wanTopology } from '../bench/wan.js';
import { OUTPUTS } from '../../src/report/outputs.js';
import { domOf, noChromium, openChromium } from '../helpers/chromium.js';
import { World } from '../helpers/cli.js';
import { guardMachine } from '../helpers/machine.js';
import { examplePath } from '../helpers/topologies.js';
import { unless } from '../helpers/unless.js';

guardMachine(test);

const withBrowser = unless(noChromium);
const FILES = ['index.html', 'junit.xml', 'results.json', 'results.tap'];

async function broken(world: World): Promise<void> {
  await world.run('up', examplePath('virtual-wan'));
  // Before the first packet, as a flow that is known meets no rule.
  await world.run('exec', 'router', '--', 'iptables', '-t', 'nat', '-D', 'LABNET-DNAT', '2');
}

for (const who of ['self', 'user'] as const)
  test(`a planted fault is in every format (${who})`, async (t) => {
    const world = new World(who);
    t.teardown(() => world.end());
    await broken(world);
    // Below a folder of that user's own.
    const out = join(world.stateDir, 'out', 'deep');
    const { code, stdout } = await world.run('verify', '--report', out);
    t.is(code, 1);
    t.regex(stdout, /✓ wrote .*index\.html/);
    t.deepEqual(readdirSync(out).sort(), FILES);
    const { schema, ...results } = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    t.is(schema, 'labnet.verify/1');
    t.deepEqual(OUTPUTS.verify.strict().parse(results), results);
    t.is(results['failed'], 3);
    const xml = readFileSync(join(out, 'junit.xml'), 'utf8');
    t.regex(xml, /<testsuites name="labnet virtual-wan" tests="13" failures="3" errors="0"/);
    t.regex(xml, /<property name="iptables" value="iptables v/);
    t.regex(readFileSync(join(out, 'results.tap'), 'utf8'), /^not ok \d+ - published\/proxyB: /m);
    const page = readFileSync(join(out, 'index.html'), 'utf8');
    t.regex(page, /aria-label="router router, ✗ 3 checks failed/);
    t.regex(page, /✗ the cause is here/);
    t.regex(page, /The way of its packet<\/h3><pre>proxyA → 100\.100\.100\.200/);
    t.regex(page, /no rule hit at router: 100\.100\.100\.200 is not translated there/);
    t.regex(page, /<tr class="bad"><th[^>]*>✗ router: .*100\.100\.100\.200/);
    t.regex(page, /Captured at proxyB: 0 packets of this check, capture complete/);
  });

withBrowser(
  'a browser shows the page on a phone and a desktop, in light and dark, and fails nothing of it',
  async (t) => {
    const world = new World();
    t.teardown(() => world.end());
    await broken(world);
    const out = join(world.stateDir, 'out');
    await world.run('verify', '--report', out);
    for (const [width, colorScheme] of [
      [390, 'dark'],
      [1280, 'light'],
    ] as const) {
      const { context, close } = await openChromium({ viewport: { width, height: 800 }, colorScheme });
      t.teardown(close);
      const page = await context.newPage();
      const said: string[] = [];
      // What the page's own policy forbids is said here.
      page.on('console', (message) => said.push(message.text()));
      page.on('pageerror', ({ message }) => said.push(message));
      page.on('request', (request) => {
        if (!request.url().startsWith('file:')) said.push(request.url());
      });
      await page.goto(`file://${join(out, 'index.html')}`);
      t.is(await page.locator('#told').textContent(), '13 checks');
      // Wide things scroll by themselves; the page does not.
      t.is(await page.evaluate('document.documentElement.scrollWidth'), width);
      const ground = await page.evaluate('getComputedStyle(document.body).backgroundColor');
      t.is(ground, colorScheme === 'dark' ? 'rgb(13, 17, 23)' : 'rgb(255, 255, 255)');
      await page.locator('#search').fill('GATEWAY/ peer');
      await page.locator('#told', { hasText: /^2 checks$/ }).waitFor();
      t.is(await page.locator('details.check:visible').count(), 2);
      await page.locator('#search').fill('');
      await page.locator('#only').selectOption('failed');
      await page.locator('#told', { hasText: /^3 checks$/ }).waitFor();
      // By keyboard: a check closes and opens again.
      const first = page.locator('details.check.fail').first();
      await first.locator('summary').focus();
      await page.keyboard.press('Enter');
      t.is(await first.getAttribute('open'), null);
      await page.keyboard.press('Enter');
      t.not(await first.getAttribute('open'), null);
      t.deepEqual(said, []);
    }
  },
);

withBrowser('of a large lab a browser shows what is asked for', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  const file = join(world.stateDir, 'wan.yaml');
  writeFileSync(file, wanTopology(80));
  t.is((await world.run('up', file)).code, 0);
  const out = join(world.stateDir, 'out');
  const { code, stdout } = await world.run('verify', '--report', out, '--only', 'gateway,published');
  t.is(code, 0, stdout);
  const page = `file://${join(out, 'index.html')}`;
  const before = await domOf(page);
  t.is(before.match(/<details class="check /g), null);
  // The last of a group that waits as data.
  const after = await domOf(`${page}#check-160`);
  t.regex(after, /<details class="check pass" id="check-160" open=""/);
});

withBrowser('a file by a hostile name is a name in the page, and runs nothing', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  const name = `a<img src=x onerror=document.title='owned'><script>document.title='owned'<!--&'".yaml`;
  const file = join(world.stateDir, name);
  writeFileSync(file, readFileSync(examplePath('virtual-wan')));
  t.is((await world.run('up', file)).code, 0);
  await world.run('exec', 'router', '--', 'iptables', '-t', 'nat', '-D', 'LABNET-DNAT', '2');
  const out = join(world.stateDir, 'out');
  t.is((await world.run('verify', '--report', out)).code, 1);
  const { context, close } = await openChromium();
  t.teardown(close);
  const page = await context.newPage();
  await page.goto(`file://${join(out, 'index.html')}`);
  t.is(await page.title(), '✗ virtual-wan: 3 of 13 checks failed');
  t.is(await page.locator('img').count(), 0);
  t.is(await page.locator('header code').textContent(), name);
  t.is(await page.locator('#told').textContent(), '13 checks');
});

test('a mesh is reported by who did not answer', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  await world.run('up', examplePath('virtual-wan'));
  await world.run('exec', 'proxyB', '--', 'ip', 'link', 'set', 'eth0', 'down');
  const out = join(world.stateDir, 'out');
  const { code } = await world.run('verify', '--mesh', '--report', out);
  t.is(code, 1);
  t.regex(readFileSync(join(out, 'results.tap'), 'utf8'), /^not ok \d - mesh\/proxyA: /m);
  t.regex(readFileSync(join(out, 'index.html'), 'utf8'), /aria-label="host proxyB, ✗ \d checks failed/);
});

test('what labnet wrote is replaced; what others wrote is refused before anything runs', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  await world.run('up', examplePath('virtual-wan'));
  const out = join(world.stateDir, 'out');
  for (let time = 0; time < 2; time++) {
    t.is((await world.run('verify', '--only', 'gateway', '--report', out)).code, 0);
    t.deepEqual(readdirSync(out).sort(), FILES);
  }
  const other = join(world.stateDir, 'other');
  mkdirSync(other);
  writeFileSync(join(other, 'junit.xml'), '<testsuites name="mine"/>');
  const refused = await world.run('verify', '--report', other);
  t.is(refused.code, 2);
  t.regex(refused.stderr, /error\[file-exists\]: .*junit\.xml exists already[^]*fix: name another/);
  t.deepEqual(readdirSync(other), ['junit.xml']);
  const linked = join(world.stateDir, 'linked');
  mkdirSync(linked);
  symlinkSync(join(other, 'junit.xml'), join(linked, 'index.html'));
  t.is((await world.run('verify', '--report', linked)).code, 1);
  t.is(readFileSync(join(other, 'junit.xml'), 'utf8'), '<testsuites name="mine"/>');
});

test('a second run does not believe what the first one made a NAT remember', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  await world.run('up', examplePath('virtual-wan'));
  t.is((await world.run('verify')).code, 0);
  await world.run('exec', 'router', '--', 'iptables', '-t', 'nat', '-D', 'LABNET-DNAT', '2');
  const { code, stdout } = await world.run('verify');
  t.is(code, 1);
  t.regex(stdout, /no rule hit at router/);
});
