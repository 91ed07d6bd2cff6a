/** labnet at a terminal: a shell in a machine, colours, Ctrl-C to what runs there. */
import test from 'ava';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { World } from '../helpers/cli.js';
import { guardMachine } from '../helpers/machine.js';
import { examplePath } from '../helpers/topologies.js';

guardMachine(test);

/** Runs a command on a terminal of its own (script(1)), types what it is told when it sees what it waits for. */
async function atTerminal(
  world: World,
  args: readonly string[],
  typed: readonly (readonly [RegExp, string])[],
): Promise<{ code: number | null; text: string }> {
  const quoted = world
    .argv(...args)
    .map((one) => `'${one.replaceAll("'", `'\\''`)}'`)
    .join(' ');
  const env = { ...world.env, TERM: 'xterm', SHELL: '/bin/bash', PS1: '$ ' };
  Reflect.deleteProperty(env, 'NO_COLOR');
  const child = spawn('script', ['--quiet', '--return', '--command', quoted, '/dev/null'], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const waiting = [...typed];
  let text = '';
  let seen = 0;
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    for (let next = waiting[0]; next?.[0].test(text.slice(seen)) === true; next = waiting[0]) {
      waiting.shift();
      seen = text.length;
      child.stdin.write(next[1]);
    }
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  return { code, text };
}

test('a shell in a machine: its name, its network, job control and the exit code', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  await world.run('up', examplePath('virtual-wan'));
  const { code, text } = await atTerminal(
    world,
    ['shell', 'peerA'],
    [
      [/[$#] $/, 'hostname; ping -c1 -W2 proxyB | grep received; tty\n'],
      [/1 received[^]*[$#] $/, 'sleep 60 & jobs\n'],
      [/Running[^]*[$#] $/, 'exit 5\n'],
    ],
  );
  t.is(code, 5, text);
  t.regex(text, /peerA\r\n/);
  t.regex(text, /\/dev\/pts\/\d+/);
});

test('Ctrl-C reaches the program in the machine, not the lab', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  await world.run('up', examplePath('virtual-wan'));
  const { code, text } = await atTerminal(
    world,
    ['exec', 'proxyA', 'ping', '100.100.100.200'],
    [[/icmp_seq=2/, '\u0003']],
  );
  t.regex(text, /ping statistics/);
  t.is(code, 0);
  t.is((await world.run('exec', 'proxyA', 'true')).code, 0);
});

test('people at a terminal see colours, and mistakes with a caret', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  const { text } = await atTerminal(world, ['validate', examplePath('virtual-wan')], []);
  t.true(text.includes('\u001b[32m✓'));
  t.regex(text, /\^\^\^/);
});

/** A lab on machines that never answer: the longest of operations, and no rights needed. */
function unanswered(world: World): readonly string[] {
  const config = join(world.stateDir, 'ssh');
  writeFileSync(config, 'Host *\n  HostName 127.0.0.1\n  Port 1\n  User root\n');
  return ['up', examplePath('router-chain'), '--driver', 'ssh', '--ssh-config', config];
}

test('what takes long says what it waits for: in a log each thing once, without colours', async (t) => {
  process.env['LABNET_SSH_WAIT'] = '5';
  const world = new World();
  t.teardown(() => world.end());
  const { code, stdout, stderr } = await world.run(...unanswered(world));
  t.is(code, 1);
  t.is(stdout, '');
  const waiting = /^source: waiting for SSH: connect ECONNREFUSED 127\.0\.0\.1:1$/gm;
  t.is(stderr.match(waiting)?.length, 1, stderr);
  t.regex(stderr, /error\[ssh-refused\]: source /);
  t.false(stderr.includes('\u001b'));
});

test('with --json it says nothing but that', async (t) => {
  process.env['LABNET_SSH_WAIT'] = '5';
  const world = new World();
  t.teardown(() => world.end());
  const { stdout, stderr } = await world.run(...unanswered(world), '--json');
  t.is(stderr, '');
  t.is((JSON.parse(stdout) as { schema: string }).schema, 'labnet.error/1');
});

test('what takes long shows at a terminal what it waits for, and clears it', async (t) => {
  process.env['LABNET_SSH_WAIT'] = '5';
  const world = new World();
  t.teardown(() => world.end());
  const { text } = await atTerminal(world, unanswered(world), []);
  t.regex(text, /source {2}waiting for SSH: connect ECONNREFUSED/);
  const lines = text.slice(text.lastIndexOf('\u001b[J'));
  t.notRegex(lines, /waiting for SSH/);
  t.regex(lines, /ssh-refused/);
});
