/** The scripts of real machines on a kernel that has netem: what they make of links at their own end, measured by ping. */
import test from 'ava';
import { scriptFor } from '../helpers/guests.js';
import { guardMachine } from '../helpers/machine.js';
import { labOf } from '../helpers/topologies.js';
import { unless } from '../helpers/unless.js';
import { runInGuest, whyNoKernel } from './kernel.js';

guardMachine(test);

const run = unless(whyNoKernel());

const PINGS = 40;
/** What is written at A's interface, and the round trip in milliseconds that follows. */
const DELAYS: readonly (readonly [link: string, rtt: number])[] = [
  // What the emulated processor takes for a round trip by itself, the others take besides.
  ['', 0],
  ['{ delay: { rtt: 20ms } }', 20],
  ['{ up: { delay: { one-way: 30ms } } }', 30],
  ['{ down: { delay: { one-way: 80ms } } }', 80],
  ['{ up: { delay: { one-way: 10ms } }, down: { delay: { one-way: 35ms } } }', 45],
  ['{ delay: { rtt: 60ms }, rate: 20mbit, queue: { kind: fq-codel } }', 60],
  ['{ delay: { rtt: 40ms }, rate: 10mbit, queue: { kind: cake } }', 40],
];
/** And the share of echoes that are lost: netem's and of a link that is cut. */
const LOSS = {
  link: '{ up: { loss: 20% }, down: { loss: { mean: 10%, burst: 2 } } }',
  pings: 1500,
  share: 1 - 0.8 * 0.9,
};

const lab = (link: string) =>
  labOf(`name: links
segments: { lan: 10.1.0.0/24 }
hosts:
  A: { lan: { address: 10.1.0.1${link === '' ? '' : `, link: ${link}`} } }
  B: { lan: 10.1.0.2 }
`);

const own = (name: string): string =>
  lab('').machines.find((one) => one.name === name)?.interfaces[0]?.mac ?? '';

/** Two computers of namespaces with folders of their own on a cable, each in the hands of a process that ends with all. */
const MACHINES = `
set -e
machine() { # NAME
  unshare --net --mount --propagation private -- sh -c '
    mount -t sysfs sysfs /sys
    mount -t tmpfs x /run/labnet; mount -t tmpfs x /usr/local/lib; mount -t tmpfs x /var/lib
    mkdir /run/labnet/etc; cp -a /etc/passwd /etc/group /etc/hosts /etc/ld.so.cache /etc/alternatives /etc/iproute2 /run/labnet/etc
    mount --bind /run/labnet/etc /etc
    ip link set lo up
    echo $$ >/tmp/$0
    exec sleep infinity' "$1" &
  until [ -s "/tmp/$1" ]; do sleep 0.1; done
}
in_machine() { name=$1; shift; nsenter -t "$(cat /tmp/$name)" --net --mount -- "$@"; }
mkdir -p /run/labnet
machine A; machine B
ip link add name lanA address ${own('A')} netns "$(cat /tmp/A)" type veth peer name lanB address ${own('B')} netns "$(cat /tmp/B)"
in_machine B sh /run/test/B.sh apply
`;

const MEASURE = `
for n in ${DELAYS.map((_, index) => index).join(' ')}; do
  in_machine A sh /run/test/A$n.sh apply
  in_machine A ping -n -c ${PINGS} -i 0.1 10.1.0.2 >/run/test/ping$n 2>&1 || :
done
in_machine A tc qdisc show >/run/test/queues
in_machine A sh /run/test/lossy.sh apply
in_machine A tc qdisc show >/run/test/lossy
in_machine A ping -n -q -c ${LOSS.pings} -i 0.01 10.1.0.2 >/run/test/pings 2>&1 || :
in_machine A sh /run/test/lossy.sh plan >/run/test/plan
in_machine A sh /run/test/lossy.sh remove
in_machine A sh -c 'tc qdisc show; ip -br link; nft list tables' >/run/test/left
for name in A B; do kill "$(cat /tmp/$name)"; done
`;

/** Milliseconds: the lower quartile, as an emulated processor pauses now and then. */
function usual(text: string): number {
  const times = [...text.matchAll(/time=([\d.]+) ms/g)].map(([, ms]) => Number(ms)).sort((a, b) => a - b);
  return times[times.length >> 2] ?? NaN;
}

run('delays both ways, losses and queues are what is written, and all of it goes', async (t) => {
  t.timeout(900_000);
  const scripts = DELAYS.map(([link], index) => [`A${index}.sh`, scriptFor(lab(link), 'A').text] as const);
  const files = {
    ...Object.fromEntries(scripts),
    'B.sh': scriptFor(lab(''), 'B').text,
    'lossy.sh': scriptFor(lab(LOSS.link), 'A').text,
  };
  const { read, console: said } = await runInGuest(`${MACHINES}${MEASURE}`, files, 800_000);
  const base = usual(read('ping0'));
  for (const [index, [link, rtt]] of DELAYS.entries()) {
    const found = usual(read(`ping${index}`)) - base;
    t.log(`${link || 'no link'}: ${found} ms of ${rtt}, and ${base}`);
    t.true(Math.abs(found - rtt) <= Math.max(1, rtt * 0.02), `${link}: ${found} ms\n${said}`);
  }
  t.regex(read('queues'), /netem 1: dev lanA root .* delay 20ms/);
  t.regex(read('queues'), /cake 13: dev labnet[0-9a-f]{8} parent 1:1/);
  t.regex(read('lossy'), /netem 1: dev lanA root .* loss 20%/);
  t.regex(read('lossy'), /netem 1: dev labnet[0-9a-f]{8} root .* loss gemodel/);
  const answered = Number(/(\d+) received/.exec(read('pings'))?.[1]);
  const expected = LOSS.pings * (1 - LOSS.share);
  // Losses in bursts of two make the spread wider: six deviations of single ones.
  t.true(Math.abs(answered - expected) < 6 * Math.sqrt(expected * LOSS.share), `${answered} of ${expected}`);
  t.is(read('plan'), '');
  t.notRegex(read('left'), /netem|tbf|cake|labnet/);
});
