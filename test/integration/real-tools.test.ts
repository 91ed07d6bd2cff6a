/** What the users' own tools see in a lab: ping, curl, iperf3, traceroute, dig, tcpdump. */
import test from 'ava';
import { setTimeout as sleep } from 'node:timers/promises';
import { Lab } from '../../src/index.js';
import type { Output } from '../../src/index.js';
import { World } from '../helpers/cli.js';
import { guardMachine } from '../helpers/machine.js';
import { examplePath } from '../helpers/topologies.js';

guardMachine(test);

async function labOf(t: { teardown: (work: () => Promise<void>) => void }, name: string): Promise<Lab> {
  const world = new World();
  const lab = await Lab.up(examplePath(name), { stateDir: world.stateDir });
  t.teardown(() => world.end());
  t.teardown(() => lab.down());
  return lab;
}

const TIMEOUT = { timeout: 30_000 };
const sh = (lab: Lab, machine: string, script: string): Promise<Output> =>
  lab.exec(machine, ['sh', '-c', script], TIMEOUT);

test('ping by name reaches the other side by its public address', async (t) => {
  const lab = await labOf(t, 'virtual-wan');
  const { stdout, exitCode } = await lab.exec('proxyA', ['ping', '-c3', '-i0.2', '-W1', 'proxyB'], TIMEOUT);
  t.is(exitCode, 0);
  t.regex(stdout, /PING proxyB \(100\.100\.100\.200\)/);
  t.regex(stdout, /3 received/);
});

test('a peer of a published host reaches it by its public address, again and again (no redirect leads past the router)', async (t) => {
  const lab = await labOf(t, 'virtual-wan');
  const { stdout } = await lab.exec('peerA', ['ping', '-c5', '-i0.2', '-W1', '100.100.100.100'], TIMEOUT);
  t.regex(stdout, /5 received/);
  t.notRegex(stdout, /Redirect/i);
});

test('curl fetches from a server behind a forwarded port, which sees the visitor', async (t) => {
  const lab = await labOf(t, 'dmz');
  const server = `require('http').createServer((q, s) => s.end('hello ' + q.socket.remoteAddress)).listen(8443)`;
  await sh(lab, 'web', `'${process.execPath}' -e "${server}" >/dev/null 2>&1 &`);
  const { stdout } = await lab.exec(
    'visitor',
    ['curl', '-sS', '--retry', '20', '--retry-connrefused', '--retry-delay', '1', 'http://web:443/'],
    TIMEOUT,
  );
  t.is(stdout, 'hello ::ffff:203.0.113.50');
  const fromOffice = await lab.exec('client-1', ['curl', '-sS', 'http://web:8443/'], TIMEOUT);
  t.is(fromOffice.stdout, 'hello ::ffff:10.1.0.2');
});

test('iperf3 runs through two NATs', async (t) => {
  const lab = await labOf(t, 'carrier-grade');
  await sh(lab, 'server', 'iperf3 -s -D');
  await sleep(500);
  const { stdout, exitCode, stderr } = await lab.exec(
    'laptop',
    ['iperf3', '-c', 'server', '-t', '1', '-J'],
    TIMEOUT,
  );
  t.is(exitCode, 0, stderr || stdout);
  const report = JSON.parse(stdout) as { end: { sum_received: { bits_per_second: number } } };
  t.true(report.end.sum_received.bits_per_second > 1e6);
});

test('traceroute shows every router of the chain, in both families', async (t) => {
  const lab = await labOf(t, 'router-chain');
  const four = await lab.exec('source', ['traceroute', '-n', '-q1', '-w1', '10.0.5.2'], TIMEOUT);
  t.deepEqual(hops(four.stdout), ['10.0.0.1', '10.0.1.2', '10.0.2.2', '10.0.3.2', '10.0.4.2', '10.0.5.2']);
  const six = await lab.exec('source', ['traceroute', '-6', '-n', '-q1', '-w1', '2001:db8:5::2'], TIMEOUT);
  t.is(hops(six.stdout).at(-1), '2001:db8:5::2');
  t.is(hops(six.stdout).length, 6);
});

const hops = (text: string): string[] =>
  [...text.matchAll(/^\s*\d+\s+([0-9a-f.:]+)/gm)].map(([, address]) => address ?? '');

test('dig asks a name server of the lab', async (t) => {
  const lab = await labOf(t, 'three-isps');
  await sh(
    lab,
    'b-dns',
    'dnsmasq --no-resolv --no-hosts --address=/lab.test/192.0.2.99 --pid-file=/run/dnsmasq.pid',
  );
  const { stdout } = await lab.exec(
    'a-1',
    ['dig', '+short', '+tries=5', '@203.0.113.200', 'www.lab.test'],
    TIMEOUT,
  );
  t.is(stdout.trim(), '192.0.2.99');
});

test('tcpdump on the router shows both sides of the translation', async (t) => {
  const lab = await labOf(t, 'virtual-wan');
  const watching = lab.exec(
    'router',
    ['timeout', '5', 'tcpdump', '-ni', 'any', '-l', '-c', '4', 'icmp'],
    TIMEOUT,
  );
  await sleep(700);
  await lab.exec('proxyA', ['ping', '-c2', '-i0.2', '100.100.100.200'], TIMEOUT);
  const { stdout } = await watching;
  t.regex(stdout, /192\.168\.10\.100 > 100\.100\.100\.200/);
  t.regex(stdout, /100\.100\.100\.100 > 172\.168\.10\.100/);
});

test('a name that is not of the lab fails at once', async (t) => {
  const lab = await labOf(t, 'virtual-wan');
  const started = performance.now();
  const { exitCode } = await lab.exec('proxyA', ['getent', 'hosts', 'example.org'], TIMEOUT);
  t.not(exitCode, 0);
  t.true(performance.now() - started < 4000);
});
