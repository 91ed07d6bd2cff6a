/** What a run meets that was not planned so: turns that take too long, machines that go, sweeps that are stopped, other clocks. */
import test from 'ava';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { finished } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';
import { readPcapng } from '../helpers/pcapng.js';
import { eventsOf, manifestOf, noLabs, world, written } from '../helpers/scenario-runs.js';
import { readSeries } from '../helpers/series.js';

guardMachine(test);

const results = (name: string): string => join(temporaryFolder('results'), name);

test('turns that take longer than their time come one after the other, and say how late they are', async (t) => {
  const labnet = world(t);
  const out = results('late');
  const file = written(`
timeline:
  - { name: slow, every: 100ms, times: 4, exec: { machine: alice, run: [sh, -c, "date; sleep 0.4"] } }
`);
  const { code, stdout } = await labnet.run('run', file, '--out', out);
  t.is(code, 0, stdout);
  const { steps } = manifestOf(out);
  t.deepEqual(
    steps.map(({ id, planned }) => [id, planned]),
    [1, 2, 3, 4].map((turn) => [`slow#${turn}`, (turn - 1) * 100]),
  );
  for (const [index, { started = 0 }] of steps.entries())
    t.true(started >= (steps[index - 1]?.ended ?? 0), JSON.stringify(steps));
  const lates = eventsOf(out).flatMap(({ event, late }) => (event === 'start' ? [Number(late ?? 0)] : []));
  t.true((lates[3] ?? 0) >= 900 && (lates[3] ?? 0) > (lates[1] ?? 0), JSON.stringify(lates));
  t.regex(stdout, /exec alice: sh -c date; sleep 0\.4 \(\d+ ms late\)/);
  t.is(readFileSync(join(out, 'commands/slow-4.exit'), 'utf8'), '0\n');
});

test('times are those of the packets, to the millisecond', async (t) => {
  const labnet = world(t);
  const out = results('times');
  const file = written(`
timeline:
  - { name: wire, capture: { at: "alice:home-a", filter: icmp } }
  - { name: trips, sample: { ping: alice -> rendezvous, every: 50ms } }
  - { name: probe, after: trips, delay: 300ms, every: 200ms, times: 5, exec: { machine: alice, run: [ping, -c1, 192.168.1.1] } }
`);
  const { code, stdout } = await labnet.run('run', file, '--out', out);
  t.is(code, 0, stdout);
  const events = eventsOf(out);
  const began = Date.parse(String(events.find(({ event }) => event === 'begin')?.['time']));
  const requests = readPcapng(readFileSync(join(out, 'captures/wire.pcapng')))
    // Ethernet and IPv4 without options, then ICMP's type, and the sequence number 6 bytes on.
    .packets.filter(({ data }) => data[34] === 8)
    .map(({ data, time }) => ({
      to: [...data.subarray(30, 34)].join('.'),
      sequence: data.readUInt16BE(40),
      time: Number(time / 1_000n) / 1_000 - began,
    }));
  // A step's packet is sent between its beginning and its end.
  const probes = requests.filter(({ to }) => to === '192.168.1.1');
  const steps = manifestOf(out).steps.filter(({ id }) => id.startsWith('probe'));
  t.is(probes.length, 5);
  for (const [index, { time }] of probes.entries()) {
    const { started = 0, ended = 0 } = steps[index] ?? {};
    t.true(time > started - 1 && time < ended + 1, `${started} < ${time} < ${ended}`);
  }
  // And a series says of each packet when it was sent.
  const sent = new Map(
    requests.filter(({ to }) => to === '203.0.113.10').map(({ sequence, time }) => [sequence, time]),
  );
  const apart = readSeries(readFileSync(join(out, 'series/trips.csv'), 'utf8'))
    .flatMap(({ sequence, time }) => {
      const captured = sent.get(sequence);
      return captured === undefined ? [] : [Math.abs(captured - time)];
    })
    .sort((a, b) => a - b);
  t.true(apart.length > 10);
  t.true((apart[Math.floor(apart.length / 2)] ?? NaN) < 1, JSON.stringify(apart));
});

test('a machine that is stopped takes its captures, series and programs along, and what they had is kept', async (t) => {
  const labnet = world(t);
  const out = results('stopped-machine');
  const file = written(`
timeline:
  - { name: wire, capture: { at: [alice, rendezvous], filter: icmp } }
  - { name: trips, sample: { ping: alice -> rendezvous, every: 50ms } }
  - { name: clock, exec: { machine: alice, run: [sh, -c, "while :; do date; sleep 0.1; done"], background: true } }
  - { name: wait, exec: { machine: rendezvous, run: [sleep, 1] } }
  - { name: off, stop: alice }
  - { name: gone, exec: { machine: rendezvous, run: [sleep, 0.3] } }
  - { name: on, start: alice }
  - { name: back, within: 30s, check: { ping: alice -> rendezvous } }
`);
  const { code, stdout } = await labnet.run('run', file, '--out', out);
  t.is(code, 0, stdout);
  const { interfaces, packets } = readPcapng(readFileSync(join(out, 'captures/wire.pcapng')));
  t.is(interfaces.length, 2);
  for (const index of [0, 1]) t.true(packets.filter((one) => one.interface === index).length > 5);
  const ended = eventsOf(out).filter(({ event }) => event === 'ended');
  t.deepEqual(ended.map(({ step }) => step).sort(), ['clock', 'trips', 'wire']);
  t.true(readSeries(readFileSync(join(out, 'series/trips.csv'), 'utf8')).length > 5);
  t.true(existsSync(join(out, 'commands/clock.exit')));
  t.deepEqual(await noLabs(labnet), []);
});

test('a run does not end before the times that its series and captures have', async (t) => {
  const labnet = world(t);
  const out = results('for');
  const file = written(`
timeline:
  - { name: wire, capture: { at: alice, filter: icmp, for: 1s } }
  - { name: trips, sample: { ping: alice -> rendezvous, every: 100ms, for: 1500ms } }
  - { name: ended, sample: { ping: bob -> rendezvous, for: 10m } }
  - { end: ended }
`);
  const { code, stdout } = await labnet.run('run', file, '--out', out);
  t.is(code, 0, stdout);
  const { steps } = manifestOf(out);
  const begun = steps.find(({ id }) => id === 'trips')?.started ?? NaN;
  const times = readSeries(readFileSync(join(out, 'series/trips.csv'), 'utf8')).map(({ time }) => time);
  t.true((times.at(-1) ?? NaN) > begun + 900, JSON.stringify([begun, times]));
  const length = Number(eventsOf(out).at(-1)?.['t']);
  t.true(length >= begun + 1_400 && length < 300_000, String(length));
});

const SWEEP = `
sweep: { n: [1, 2, 3] }
timeline:
  - { name: mark, exec: { machine: alice, run: [echo, "\${n}"], measure: { n: "([0-9]+)" } } }
  - { name: long, exec: { machine: alice, run: [sh, -c, 'if [ "$1" = 2 ]; then sleep 300; fi', sh, "\${n}"], timeout: 10m } }
`;

type Whole = {
  readonly status: string;
  readonly planned: number;
  readonly runs?: readonly { readonly status: string }[];
};
const wholeOf = (out: string): Whole => manifestOf(out) as unknown as Whole;

for (const [signal, status, code] of [
  ['SIGINT', 'stopped', 130],
  ['SIGKILL', 'running', null],
] as const)
  test(`a sweep that ends by ${signal} keeps the runs it has made`, async (t) => {
    const labnet = world(t);
    const out = results(signal);
    const child = labnet.start('run', written(SWEEP), '--out', out);
    const ended = finished(child);
    const second = join(out, 'runs/0002');
    for (let tries = 0; tries < 1_200 && !existsSync(join(second, 'commands/long.stdout')); tries++)
      await sleep(50);
    child.kill(signal);
    const said = await ended;
    t.is(said.code, code, said.stdout + said.stderr);
    const { status: how, planned, runs } = wholeOf(out);
    t.deepEqual([how, planned], [status, 3]);
    t.is(manifestOf(join(out, 'runs/0001')).status, 'passed');
    t.is(manifestOf(second).status, status);
    t.is(readFileSync(join(second, 'commands/mark.stdout'), 'utf8'), '2\n');
    t.false(existsSync(join(out, 'runs/0003')));
    if (code === null) {
      t.is((await labnet.run('down', '--all')).code, 0);
      return;
    }
    t.deepEqual(
      runs?.map((one) => one.status),
      ['passed', 'stopped'],
    );
    t.regex(readFileSync(join(out, 'summary.csv'), 'utf8'), /^1,measure,mark n,/m);
    t.true(existsSync(join(out, 'report.html')));
    t.deepEqual(await noLabs(labnet), []);
  });
