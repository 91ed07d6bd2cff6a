/** The examples with links, traces, captures and a holder that is killed, on a kernel that has netem: as root and as an ordinary user. */
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { guardMachine } from '../helpers/machine.js';
import type { Pcapng } from '../helpers/pcapng.js';
import { readPcapng } from '../helpers/pcapng.js';
import { unless } from '../helpers/unless.js';
import type { TraceResult } from '../../src/index.js';
import type { Ran } from './kernel.js';
import { AS_USER, runInGuest, whyNoKernel } from './kernel.js';

guardMachine(test);

const run = unless(whyNoKernel(), test.serial);
const LONG = 900_000;

const EXAMPLES = ['lossy-mobile', 'bufferbloat', 'transcontinental'];

const EXAMPLES_SCRIPT = `
round() { # NAME COMMAND…
  name=$1; shift
  for example in ${EXAMPLES.join(' ')}; do
    out=/run/test/$name.$example
    "$@" node dist/src/cli.js up topologies/$example.yaml >$out.up 2>&1; up=$?
    "$@" node dist/src/cli.js verify --json >$out.verify 2>$out.errors; verify=$?
    "$@" node dist/src/cli.js link --no-measure --json >$out.link; link=$?
    "$@" node dist/src/cli.js down >$out.down 2>&1; echo "$up $verify $link $?" >$out.status
  done
}
round root env
round user ${AS_USER}
`;

run('examples with links come up, pass, and are gone, as root and as a user', async (t) => {
  const ran = await runInGuest(EXAMPLES_SCRIPT, {}, LONG);
  for (const who of ['root', 'user']) for (const example of EXAMPLES) passes(t, ran, `${who}.${example}`);
});

type Verified = {
  readonly passed: number;
  readonly failed: number;
  readonly verdicts: readonly {
    readonly id: string;
    readonly status: string;
    readonly expectation: string;
    readonly observed: string;
    readonly evidence: readonly string[];
  }[];
};

type Verdict = Verified['verdicts'][number];

/** An emulated processor forwards some hundred megabits a second: rates from there on are not judged here, the rest of such a link is. */
const isBeyond = ({ status, expectation, evidence }: Verdict): boolean =>
  status !== 'pass' &&
  /rate (500mbit|1gbit)/.test(expectation) &&
  evidence.every((line) => !/\((fail|error)\)/.test(line.split(', rate ')[0] ?? ''));

function passes(t: ExecutionContext, { read }: Ran, name: string): void {
  const { verdicts } = JSON.parse(read(`${name}.verify`)) as Verified;
  const wrong = verdicts.filter((one) => one.status !== 'pass' && !isBeyond(one));
  t.deepEqual(wrong, [], name);
  const links = verdicts.filter(({ id }) => id.startsWith('link/'));
  const declared = (JSON.parse(read(`${name}.link`)) as { readonly links: readonly unknown[] }).links;
  t.true(
    links.length > 0 && links.length === declared.length,
    `${links.length} of ${declared.length} measured`,
  );
  const verified = verdicts.some(isBeyond) ? 1 : 0;
  t.is(
    read(`${name}.status`),
    `0 ${verified} 0 0\n`,
    `${name}: ${read(`${name}.up`)}${read(`${name}.errors`)}`,
  );
  for (const { id, observed } of links) t.log(`${name} ${id}: ${observed}`);
}

/** Two hops of satellites, 1200 ms there and back, to a router that forwards a port, and a segment with a smaller mtu. */
const SLOW = `name: slow
segments:
  ship: { subnet: 192.168.1.0/24, link: { delay: { rtt: 600ms } } }
  internet: { subnet: 203.0.113.0/24, link: { delay: { rtt: 600ms }, mtu: 1400 } }
hosts:
  client: { ship: 192.168.1.10 }
  server: { internet: 203.0.113.10 }
routers:
  edge:
    interfaces: { ship: 192.168.1.1, internet: 203.0.113.1 }
    nat:
      - { masquerade: ship, via: internet, preset: home-router }
      - { forward: tcp/8080, via: internet, to: "client:80" }
`;

const SLOW_SCRIPT = `
labnet() { ${AS_USER} node dist/src/cli.js "$@"; }
cp /run/test/slow.yaml /tmp/home; cd /tmp/home; ln -s /checkout/dist dist
labnet up slow.yaml >/run/test/up 2>&1 || exit
labnet verify --json >/run/test/verify 2>/run/test/verify.errors; echo $? >/run/test/verify.status
labnet trace client server --json >/run/test/trace 2>&1
labnet trace client server:80 --json >/run/test/trace.tcp 2>&1
labnet verify --mesh --json >/run/test/mesh 2>&1
labnet capture edge:ship edge:internet --filter icmp --count 4 -w /tmp/home/slow.pcapng >/run/test/capture 2>&1 & capture=$!
for wait in $(seq 60); do [ -s /tmp/home/slow.pcapng ] && break; sleep 0.5; done
labnet exec client -- ping -c 1 -W 5 203.0.113.10 >/run/test/ping 2>&1
wait $capture
cp slow.pcapng /run/test
labnet exec client -- ping -c 1 -W 5 -M do -s 1372 203.0.113.10 >/run/test/fits 2>&1
labnet exec client -- ping -c 1 -W 5 -M do -s 1373 203.0.113.10 >/run/test/larger 2>&1
labnet down >/run/test/down 2>&1
`;

run('checks, traces and captures wait as long as packets take', async (t) => {
  const { read, bytes } = await runInGuest(SLOW_SCRIPT, { 'slow.yaml': SLOW }, LONG);
  t.notRegex(read('up'), /error\[/);
  const { verdicts } = JSON.parse(read('verify')) as Verified;
  t.deepEqual(
    verdicts.filter(({ status }) => status !== 'pass'),
    [],
    read('verify.errors'),
  );
  for (const name of ['trace', 'trace.tcp']) {
    const result = JSON.parse(read(name)) as TraceResult;
    t.true(result.answered, read(name));
    t.is(result.cause, undefined);
    t.deepEqual(
      result.there.hops.map(({ machine }) => machine),
      ['client', 'edge', 'server'],
    );
  }
  const mesh = JSON.parse(read('mesh')) as { readonly pairs: number; readonly answered: number };
  t.is(mesh.answered, mesh.pairs, read('mesh'));
  t.regex(read('fits'), / 0% packet loss/);
  t.regex(read('larger'), /mtu ?= ?1400/);
  t.regex(read('ping'), /time=1[23]\d\d ms/);
  captureIsSlow(t, readPcapng(bytes('slow.pcapng')));
});

/** Of one echo: seen on the ship's side and on the other one, there and back, with the time between that links take. */
function captureIsSlow(t: ExecutionContext, { interfaces, packets }: Pcapng): void {
  const times = (segment: string): number[] =>
    packets
      .filter((packet) => interfaces[packet.interface]?.name === `edge:${segment}`)
      .map(({ time }) => Number(time) / 1e6);
  const [[out = NaN, back = NaN], [asked = NaN, answered = NaN]] = [times('ship'), times('internet')];
  t.is(packets.length, 4);
  // A machine's own link is in front of what is seen of what it sends: each of the three has one way of a link in it.
  for (const way of [asked - out, answered - asked, back - answered])
    t.true(way >= 299 && way < 599, `${way} ms, of ${JSON.stringify([out, asked, answered, back])}`);
}

const KILLED_SCRIPT = `
labnet() { ${AS_USER} node dist/src/cli.js "$@"; }
mounts=$(wc -l </proc/mounts)
labnet up topologies/transcontinental.yaml >/run/test/up 2>&1 || exit
labnet exec frankfurt-app -- sleep 600 & sleep 5
holder=$(grep -lz '^LABNET_HOLDER=' /proc/[0-9]*/environ 2>/dev/null | cut -d / -f 3)
echo $holder >/run/test/holder
kill -9 $holder; wait
for wait in $(seq 20); do [ -z "$(ps -u 1000 -o pid=)" ] && break; sleep 0.5; done
ps -u 1000 -o pid=,args= >/run/test/processes
ip -o link | wc -l >/run/test/links
echo $(($(wc -l </proc/mounts) - mounts)) >/run/test/mounts
labnet list --json >/run/test/list 2>&1
labnet up topologies/transcontinental.yaml >/run/test/again 2>&1; up=$?
labnet exec frankfurt-app -- ping -c 1 -W 5 10.2.0.10 >/run/test/ping 2>&1; ping=$?
labnet down >/run/test/down 2>&1; echo "$up $ping $?" >/run/test/status
find /run/user/1000 -type f >/run/test/files
`;

run("nothing is left of a user's lab whose holder is killed, and it comes up again", async (t) => {
  const { read } = await runInGuest(KILLED_SCRIPT, {}, LONG);
  t.notRegex(read('up'), /error\[/);
  t.regex(read('holder'), /^\d+\n$/, read('up'));
  t.is(read('processes'), '');
  t.is(read('links').trim(), '1');
  t.is(read('mounts').trim(), '0');
  t.deepEqual((JSON.parse(read('list')) as { readonly labs: readonly unknown[] }).labs, []);
  t.is(read('status'), '0 0 0\n', read('again') + read('ping'));
});
