/** `labnet watch` of machines that are reached over SSH: the same numbers, by commands. */
import test from 'ava';
import { spawn } from 'node:child_process';
import { guardMachine } from '../helpers/machine.js';
import { finished } from '../helpers/cli.js';
import { noSsh, withSsh } from '../helpers/ssh.js';
import { examplePath } from '../helpers/topologies.js';
import { unless } from '../helpers/unless.js';
import type { WireRule, WireTick } from '../../src/page/wire.js';

guardMachine(test);

/** Milliseconds: for a machine on which much else runs. */
const LONG = 60_000;

unless(noSsh)('over SSH counters rise and connections come', async (t) => {
  await withSsh(async (ssh) => {
    const up = await ssh.up(examplePath('virtual-wan'));
    t.is(up.code, 0, up.stderr);
    const child = ssh.world.start('watch', '--json');
    const timer = setTimeout(() => child.kill('SIGKILL'), 3 * LONG);
    const end = finished(child);
    const said = await new Promise<string>((resolve) => child.stdout?.once('data', resolve));
    const { url, token } = JSON.parse(said) as { url: string; token: string };
    // The loopback that it listens on is the namespace's that labnet runs in.
    const argv = [
      ...['-t', `${ssh.guests.host}`, '--net', '--', 'curl', '-sN', '-H', '@-'],
      new URL('events', url.replace(/\?.*/, '')).href,
    ];
    const curl = spawn('nsenter', argv, { stdio: ['pipe', 'pipe', 'ignore'] });
    curl.stdin.end(`Authorization: Bearer ${token}\n`);
    let heard = '';
    curl.stdout.setEncoding('utf8').on('data', (chunk: string) => (heard += chunk));
    const events = <Data>(name: string): Data[] =>
      heard
        .split('\n\n')
        .slice(0, -1)
        .filter((one) => one.startsWith(`event: ${name}\n`))
        .map((one) => JSON.parse(one.slice(one.indexOf('data: ') + 6)) as Data);
    const until = async (holds: () => boolean, what: string): Promise<void> => {
      const limit = performance.now() + LONG;
      while (!holds() && performance.now() < limit) await new Promise((resolve) => setTimeout(resolve, 100));
      t.true(holds(), `${what}\n${heard.slice(-2000)}`);
    };
    const received = (): number[] =>
      events<WireTick>('tick').flatMap(({ interfaces }) =>
        interfaces.filter(([index]) => index === 0).map(([, , packets]) => packets),
      );
    try {
      await until(() => received().length > 0, 'a first look');
      const [before = 0] = received();
      await ssh.world.run('exec', 'proxyA', '--', 'ping', '-q', '-c', '5', '-i', '0.2', '100.100.100.200');
      await until(() => (received().at(-1) ?? 0) >= before + 5, 'the router has received more');
      await until(
        () =>
          events<WireTick>('tick').some(({ came }) =>
            came.some((one) => one.router === 'router' && one.destination === '100.100.100.200'),
          ),
        'the connection came',
      );
      const rules = events<readonly WireRule[]>('rules').at(-1) ?? [];
      const dnat = rules.findIndex(({ rule }) => rule.includes('--to-destination 172.168.10.100'));
      t.true(dnat >= 0);
      t.true(
        events<WireTick>('tick').some((tick) =>
          tick.rules.some(([index, packets]) => index === dnat && packets > 0),
        ),
      );
    } finally {
      curl.kill('SIGKILL');
      child.kill('SIGINT');
      clearTimeout(timer);
    }
    t.is((await end).code, 130);
    await ssh.world.run('down');
  }, 'virtual-wan');
});
