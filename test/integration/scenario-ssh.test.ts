/** Scenarios on machines that run already and are reached over SSH, one lab after the other. */
import test from 'ava';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { guardMachine } from '../helpers/machine.js';
import { eventsOf, manifestOf } from '../helpers/scenario-runs.js';
import { HOMES } from '../helpers/scenarios.js';
import { between, lossOf, readSeries } from '../helpers/series.js';
import { noSsh, SshLab } from '../helpers/ssh.js';
import { labOf } from '../helpers/topologies.js';
import { unless } from '../helpers/unless.js';

guardMachine(test);
process.env['LABNET_SSH_WAIT'] = '10';

const run = unless(noSsh, test.serial);

const HOME = HOMES.replace('name: homes', 'name: home');

const STORY = `topology: home.yaml
sweep: { kind: [full-cone, symmetric] }
timeline:
  - { name: trips, sample: { ping: alice -> server, every: 50ms } }
  - { name: wire, capture: { at: "router:internet", filter: icmp } }
  - { name: clock, exec: { machine: server, run: [sh, -c, "while :; do date; sleep 0.1; done"], background: true } }
  - { nat-set: { router: router, preset: "\${kind}" } }
  - { name: behind, nat-probe: router }
  - { nat-flush: router }
  - { check: { ping: "alice -> server", seen-as: 203.0.113.11 } }
  - { name: hello, exec: { machine: alice, run: [echo, "$HOME; id 7"], measure: { n: 'id ([0-9])' } } }
  - { name: cut, link-down: "alice:home" }
  - { name: dark, exec: { machine: server, run: [sleep, "1.5"] } }
  - { name: mend, link-up: "alice:home" }
  - { name: light, exec: { machine: server, run: [sleep, "0.5"] } }
  - { check: { ping: "alice -> server" } }
`;

async function withHome(work: (ssh: SshLab, file: (text: string) => string) => Promise<void>): Promise<void> {
  const ssh = await SshLab.of(labOf(HOME));
  try {
    writeFileSync(join(ssh.folder, 'home.yaml'), HOME);
    await work(ssh, (text) => {
      const path = join(ssh.folder, 'test.scenario.yaml');
      writeFileSync(path, text);
      return path;
    });
  } finally {
    await ssh.end();
  }
}

const SSH = ['--driver', 'ssh', '--ssh-config'];

run('a sweep takes the machines one run after the other, and gives them back', async (t) => {
  await withHome(async (ssh, file) => {
    // Its date(1) is an hour ahead, and its ping(8) is not: what a series says is an hour earlier than it was.
    await ssh.guests.must('alice', FAST_CLOCK);
    const out = join(ssh.folder, 'results');
    const { code, stdout, stderr } = await ssh.world.run(
      'run',
      file(STORY),
      ...SSH,
      ssh.config,
      '--out',
      out,
    );
    t.is(code, 0, stdout + stderr);
    for (const number of ['0001', '0002']) {
      const folder = join(out, 'runs', number);
      const { status, steps } = manifestOf(folder);
      t.is(status, 'passed');
      const time = (id: string, when: 'started' | 'ended'): number =>
        steps.find((step) => step.id === id)?.[when] ?? NaN;
      const rows = readSeries(readFileSync(join(folder, 'series/trips.csv'), 'utf8')).map((row) => ({
        ...row,
        time: row.time + HOUR,
      }));
      t.true(rows.length > 40, `${rows.length} rows`);
      t.is(lossOf(between(rows, time('cut', 'ended') + 200, time('mend', 'started') - 200)), 1);
      t.true(lossOf(between(rows, time('mend', 'ended') + 400, Infinity)) < 0.2);
      t.is(readFileSync(join(folder, 'commands/hello.stdout'), 'utf8'), '$HOME; id 7\n');
      t.true(readFileSync(join(folder, 'commands/clock.stdout'), 'utf8').split('\n').length > 5);
      t.regex(
        steps.find(({ id }) => id === 'behind')?.detail ?? '',
        number === '0001' ? /udp mapping endpoint-independent/ : /udp mapping address-and-port-dependent/,
      );
      t.true(readFileSync(join(folder, 'captures/wire.pcapng')).length > 1_000);
      t.is(eventsOf(folder).at(-1)?.['event'], 'end');
    }
    const summary = readFileSync(join(out, 'summary.csv'), 'utf8');
    for (const kind of ['full-cone', 'symmetric'])
      t.regex(summary, new RegExp(`^${kind},measure,hello n,,1,7,`, 'm'));
    t.deepEqual((await ssh.world.json('list', '--json'))['labs'], []);
    for (const machine of ['alice', 'router', 'server'])
      t.not((await ssh.guests.run(machine, 'test -e /var/lib/labnet/hash')).code, 0, machine);
    t.not((await ssh.guests.run('server', 'pgrep -f "[w]hile :; do date"')).code, 0, 'nothing runs on');
  });
});

const HOUR = 3_600_000;
/** A date(1) that lies. */
const FAST_CLOCK = `cp "$(command -v date)" /run/date && cat >/run/fast <<'END'
#!/bin/sh
[ "$1" = +%s.%N ] && exec /run/date -d '+1 hour' "$@"
exec /run/date "$@"
END
chmod +x /run/fast && mount --bind /run/fast "$(command -v date)"`;

run('what cannot be there is refused before a machine is touched', async (t) => {
  await withHome(async (ssh, file) => {
    const scenario = file(
      'topology: home.yaml\nrepeat: 2\ntimeline:\n  - { at: 1s, stop: alice }\n  - { start: alice }\n',
    );
    const refused = await ssh.world.run('run', scenario, ...SSH, ssh.config);
    t.is(refused.code, 1);
    t.regex(
      refused.stderr,
      /error\[driver-unavailable\]: .*ssh are not labnet's to switch: no 'stop' of alice/,
    );
    t.regex(refused.stderr, /test\.scenario\.yaml:4:21/);
    t.regex(refused.stderr, /fix: 'link-down: alice'/);
    const plain = file(
      'topology: home.yaml\nrepeat: 2\ntimeline:\n  - { exec: { machine: alice, run: [date] } }\n',
    );
    for (const option of [['--jobs', '2'], ['--keep']]) {
      const { code, stderr } = await ssh.world.run('run', plain, ...SSH, ssh.config, ...option);
      t.is(code, 2);
      t.regex(stderr, /machines of the driver ssh are in one lab at a time/);
    }
    // A lab that has the machines keeps them.
    const up = await ssh.up(join(ssh.folder, 'home.yaml'));
    t.is(up.code, 0, up.stderr);
    const taken = await ssh.world.run('run', plain, ...SSH, ssh.config, '--out', join(ssh.folder, 'taken'));
    t.is(taken.code, 1);
    t.regex(manifestText(join(ssh.folder, 'taken/runs/0001')), /guest-in-use/);
    t.is((await ssh.world.run('verify', 'home')).code, 0);
    const used = await ssh.world.run(
      'run',
      file('topology: home.yaml\ntimeline:\n  - { check: { ping: alice -> server } }\n'),
      '--lab',
      'home',
      '--out',
      join(ssh.folder, 'used'),
    );
    t.is(used.code, 0, used.stdout + used.stderr);
    t.is((await ssh.world.run('down', 'home')).code, 0);
  });
});

const manifestText = (folder: string): string => readFileSync(join(folder, 'manifest.json'), 'utf8');
