/** A scenario on two real virtual machines that it makes and takes away: links, NAT, programs, a capture and checks, as on namespaces. */
import test from 'ava';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';
import { manifestOf } from '../helpers/scenario-runs.js';
import { between, lossOf, medianOf, readSeries } from '../helpers/series.js';
import { unless } from '../helpers/unless.js';
import { clocked } from './clock.js';
import { VmHost } from './host.js';
import { VmWorld } from './world.js';

guardMachine(test);

const run = unless(VmHost.whyNot());

const TOPOLOGY = {
  name: 'vm-story',
  segments: { home: '192.168.1.0/24', internet: '203.0.113.0/24' },
  hosts: { alice: { home: '192.168.1.10' } },
  routers: {
    gate: {
      interfaces: { home: '192.168.1.1', internet: '203.0.113.1' },
      nat: [{ masquerade: 'home', via: 'internet' }],
    },
  },
};

/** Milliseconds of each round trip while the link is slow. */
const SLOW = 300;

const STORY = `topology: vm-story.yaml
timeline:
  - { name: trips, sample: { ping: alice -> gate, every: 100ms } }
  - { name: wire, capture: { at: "gate:home", filter: icmp } }
  - { name: hello, exec: { machine: alice, run: [echo, "$HOME; id"] } }
  - { name: quick, exec: { machine: gate, run: [sleep, 3] } }
  - { name: slow, link-set: { at: "alice:home", delay: { rtt: ${SLOW}ms } } }
  - { name: far, exec: { machine: gate, run: [sleep, 3] } }
  - { name: reset, link-reset: "alice:home" }
  - { nat-set: { router: gate, preset: symmetric } }
  - { name: rules, exec: { machine: gate, run: [nft, list, ruleset] } }
  - { nat-flush: gate }
  - { name: cut, link-down: "alice:home" }
  - { name: dark, within: 60s, expect: fail, check: { ping: alice -> gate } }
  - { name: mend, link-up: "alice:home" }
  - { name: light, within: 60s, check: { ping: alice -> gate } }
`;

run('two machines are made, the scenario is carried out on them, and they are gone', async (t) => {
  const say = clocked(t);
  await using host = await VmHost.start();
  const { memory, cpus, ...libvirt } = host.settings('ifupdown');
  const folder = temporaryFolder('vm-story');
  const [topology, story] = [join(folder, 'vm-story.yaml'), join(folder, 'story.scenario.yaml')];
  writeFileSync(topology, stringify({ ...TOPOLOGY, vagrant: { box: VmHost.box, memory, cpus, libvirt } }));
  writeFileSync(story, STORY);
  const world = new VmWorld(host, { LABNET_TEST_KEYS: 'known' });

  const switched = join(folder, 'switched.scenario.yaml');
  writeFileSync(switched, 'topology: vm-story.yaml\ntimeline: [{ stop: alice }]\n');
  const refused = await world.run('run', switched, '--driver', 'vagrant');
  t.is(refused.code, 1);
  t.regex(refused.stderr, /error\[driver-unavailable\]: .*vagrant.* alice/);
  t.deepEqual((await host.inventory()).domains, []);

  const out = join(folder, 'results');
  const { code, stdout, stderr } = await world.run('run', story, '--driver', 'vagrant', '--out', out);
  say(stdout.trim());
  t.is(code, 0, stdout + stderr);
  const { status, steps } = manifestOf(out);
  t.is(status, 'passed');
  t.true(steps.every((step) => step.status !== 'skipped'));
  const time = (id: string, when: 'started' | 'ended'): number =>
    steps.find((step) => step.id === id)?.[when] ?? NaN;
  const rows = readSeries(readFileSync(join(out, 'series/trips.csv'), 'utf8'));
  const quick = medianOf(between(rows, 0, time('slow', 'started') - 500));
  const far = medianOf(between(rows, time('slow', 'ended') + 500, time('reset', 'started') - 500));
  say(`round trips: ${quick} ms, slowed down ${far} ms`);
  t.true(quick < SLOW / 2 && far >= SLOW && far < 1.5 * SLOW, `${quick} ms, ${far} ms`);
  t.is(lossOf(between(rows, time('cut', 'ended') + 500, time('mend', 'started') - 500)), 1);
  t.is(readFileSync(join(out, 'commands/hello.stdout'), 'utf8'), '$HOME; id\n');
  // A symmetric NAT takes another port for every flow.
  t.regex(readFileSync(join(out, 'commands/rules.stdout'), 'utf8'), /snat to 203\.0\.113\.1 fully-random/);
  t.true(readFileSync(join(out, 'captures/wire.pcapng')).length > 5_000);
  t.true(existsSync(join(out, 'report.html')));
  t.regex((await world.run('list')).stdout, /no lab is running/);
  t.deepEqual(await host.inventory(), { domains: [], networks: [] });
  say('gone');
});
