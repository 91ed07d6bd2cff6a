/** What flows through a NAT goes on while everything else of the lab is changed over SSH. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import test from 'ava';
import { toolEnv } from '../../src/sys/tools.js';
import { nested } from '../helpers/changing.js';
import type { Topology } from '../helpers/changing.js';
import { finished } from '../helpers/cli.js';
import { guardMachine } from '../helpers/machine.js';
import { noSsh } from '../helpers/ssh.js';
import { SshChanging } from '../helpers/ssh-changing.js';
import { unless } from '../helpers/unless.js';

guardMachine(test);
process.env['LABNET_SSH_WAIT'] = '10';

const run = unless(noSsh);
const LONG = 400_000;

const CHANGES: readonly ((topology: Topology) => void)[] = [
  (it) => {
    nested(it, 'hosts')['dave'] = { home: 'auto' };
    nested(it, 'hosts')['bob'] = { home: '192.168.1.77' };
  },
  (it) => {
    delete nested(it, 'hosts')['bob'];
    nested(it, 'segments')['office'] = '10.9.0.0/24';
    nested(it, 'hosts')['carol'] = { office: '10.9.0.10' };
    nested(it, 'routers', 'edge', 'interfaces')['office'] = '10.9.0.1';
    nested(it, 'routers', 'edge')['nat'] = [{ masquerade: 'office', via: 'internet' }];
    // The router that it all goes through is changed, too.
    nested(it, 'routers', 'gate')['nat'] = [
      { masquerade: 'home', via: 'internet' },
      { forward: 'tcp/8080', via: 'internet', to: 'alice:80' },
    ];
  },
];

const SERVE = `use Socket; socket(my $s, AF_INET, SOCK_STREAM, 0); setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1);
bind($s, pack_sockaddr_in(7000, INADDR_ANY)) and listen($s, 1) or die; $| = 1; print "ready\\n"; accept(my $c, $s);
while (sysread $c, my $x, 1) { syswrite $c, $x }`;
/** Until it is told by a file; each byte has to come back within five seconds. */
const ECHO = `use Socket; socket(my $s, AF_INET, SOCK_STREAM, 0); connect($s, pack_sockaddr_in(7000, inet_aton("203.0.113.10"))) or die "$!";
my $n = 0; until (-e "/run/stop") { alarm 5; syswrite $s, "x" or die "$!"; sysread $s, my $y, 1 or die "closed"; $n++; select undef, undef, undef, 0.01 } print $n`;

run('pings and a connection through a NAT go on while the lab is changed', async (t) => {
  t.timeout(LONG);
  const lab = await SshChanging.make();
  t.teardown(() => lab.ssh.end());
  const { guests } = lab.ssh;
  const children: ChildProcess[] = [];
  t.teardown(() => children.forEach((child) => child.kill('SIGKILL')));
  const start = (machine: string, ...argv: readonly string[]): ChildProcess => {
    const [program = '', ...rest] = [...guests.enter(machine), 'timeout', '360', ...argv];
    const child = spawn(program, rest, { env: toolEnv(), stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(child);
    return child;
  };
  await lab.up();
  const serving = finished(start('server', 'perl', '-e', SERVE));
  await guests.must(
    'server',
    'for try in $(seq 200); do ss -ltn | grep -q :7000 && exit; sleep 0.05; done; exit 1',
  );
  const echoing = finished(start('alice', 'perl', '-e', ECHO));
  const ping =
    'ping -n -q -i 0.01 203.0.113.10 & p=$!; until [ -e /run/stop ]; do sleep 0.1; done; kill -INT $p; wait $p; :';
  const pinging = finished(start('alice', 'sh', '-c', ping));
  let changed = 0;
  for (const change of [...CHANGES, () => undefined]) {
    lab.write(change);
    changed += (await lab.up()).length;
  }
  t.true(changed > 20, `${changed} changes`);
  await guests.must('alice', 'sleep 3; touch /run/stop');
  const { stdout: pinged } = await pinging;
  const [, sent, answered] = /(\d+) packets transmitted, (\d+) received/.exec(pinged) ?? [];
  t.true(Number(sent) >= 300, pinged);
  // The last may be on its way.
  t.true(Number(sent) - Number(answered) <= 1, pinged);
  const echoed = await echoing;
  t.is(echoed.code, 0, echoed.stderr);
  t.true(Number(echoed.stdout) > 200, echoed.stdout);
  await serving;
});
