/** Ten connections, and pings, over a link of which every parameter changes a hundred times: as root and as a user, where netem is. */
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { guardMachine } from '../helpers/machine.js';
import { unless } from '../helpers/unless.js';
import type { Changed } from './flows/change.js';
import type { Seen } from './flows/pings.js';
import { median, readPings, seenBetween } from './flows/pings.js';
import type { Turn, Way } from './flows/sequence.js';
import { turn, TURNS } from './flows/sequence.js';
import { AS_USER, runInGuest, whyNoKernel } from './kernel.js';

guardMachine(test);

const run = unless(whyNoKernel());

const FLOWS = 10;
/** Milliseconds of a turn. */
const PAUSE = 600;
/** Milliseconds by which processors with much to do, and the flows' own packets, may make an echo later. */
const LATE = 10;

const TOPOLOGY = `name: flows
segments: { lan: 10.0.0.0/24 }
hosts:
  a: { lan: { address: 10.0.0.1, link: { delay: { one-way: 1ms }, jitter: 0.5ms, rate: 10mbit } } }
  b: { lan: 10.0.0.2 }
`;

/** All but the delay. */
const NONE = ['jitter', 'loss', 'rate', 'reorder', 'duplicate', 'corrupt'].map((key) => `${key}=none`);

const SCRIPT = `
round() { # NAME COMMAND…
  name=$1; shift; out=/run/test/$name; stop=/tmp/stop-$name
  "$@" node dist/src/cli.js up /tmp/flows.yaml >$out.up 2>&1 || return
  "$@" node dist/src/cli.js exec b -- perl test/vm/flows/flows.pl serve 10.0.0.2 7000 ${FLOWS} >$out.serve 2>&1 & serve=$!
  "$@" node dist/src/cli.js exec a -- perl test/vm/flows/flows.pl call 10.0.0.2 7000 ${FLOWS} $stop >$out.call 2>&1 & call=$!
  for wait in $(seq 120); do grep -q started $out.call && break; sleep 0.5; done
  "$@" node dist/src/cli.js exec a -- sh -c "ping -D -i 0.03 10.0.0.2 & while [ ! -e $stop ]; do sleep 0.2; done; kill -INT \\$!; wait" >$out.ping 2>&1 & ping=$!
  "$@" node dist/test/vm/flows/change.js flows ${PAUSE} >$out.changed 2>$out.errors
  : >$stop
  wait $serve $call $ping
  "$@" node dist/src/cli.js link set a:lan delay=3ms ${NONE.join(' ')} >$out.set 2>&1
  "$@" node dist/src/cli.js exec a -- ping -q -i 0.01 -c 500 10.0.0.2 >$out.after 2>&1
  "$@" node dist/src/cli.js exec a -- tc qdisc show dev eth0 >>$out.after 2>&1
  "$@" node dist/src/cli.js down >$out.down 2>&1
}
cp /run/test/flows.yaml /tmp # where a user may read it
round root env & round user ${AS_USER} &
wait
`;

run('no flow is cut while every parameter of its link changes a hundred times', async (t) => {
  const { read } = await runInGuest(SCRIPT, { 'flows.yaml': TOPOLOGY }, 1_500_000);
  for (const who of ['root', 'user']) {
    const said = (name: string): string => read(`${who}.${name}`);
    flowsAreWhole(t, said('call'), said('up') + said('errors'));
    t.is(said('serve'), `accepted ${FLOWS}\n`, 'each of them connected once');
    t.is(said('errors'), '');
    pingsFollow(t, JSON.parse(said('changed')) as Changed, said('ping'));
    // What is set no more is gone, though nothing was made anew.
    t.regex(said('after'), /500 packets transmitted, 500 received, 0% packet loss/, said('set'));
    t.notRegex(said('after'), /duplicate|reorder|corrupt|tbf/);
  }
});

/** Of each flow all that was sent is back, byte by byte in its place. */
function flowsAreWhole(t: ExecutionContext, call: string, about: string): void {
  const flows = call.trim().split('\n').slice(1);
  t.is(flows.length, FLOWS, about + call);
  for (const flow of flows) {
    const [, sent, received, state] = /^\d+ (\d+) (\d+) (.*)$/.exec(flow) ?? [];
    t.is(state, 'whole', flow);
    t.is(received, sent);
    t.true(Number(sent) > TURNS * 5_000, flow);
  }
}

function pingsFollow(t: ExecutionContext, { windows, drift }: Changed, text: string): void {
  t.is(windows.length, TURNS);
  t.deepEqual(drift, []);
  const pings = readPings(text);
  const turns = windows.map(({ from, to }, index) => ({
    ...turn(index),
    seen: seenBetween(pings, from, to),
  }));
  t.log(`a change takes ${median(windows.map(({ took }) => took)).toFixed(0)} ms`);
  const errors = turns.map((one) => one.seen.median - tripOf(one));
  t.log(
    `round trips: ${median(errors).toFixed(2)} ms off in the middle, ${Math.min(...errors).toFixed(2)} to ${Math.max(...errors).toFixed(2)}`,
  );
  const answered = turns.filter(({ seen }) => seen.answered >= 3);
  t.true(answered.length > TURNS * 0.9, `${answered.length} turns with answers`);
  // A processor with much to do makes a trip longer, and nothing makes it shorter than the link does.
  const early = answered.filter((one) => one.seen.median < tripOf(one) - slackOf(one));
  t.deepEqual(early, []);
  const late = answered.filter((one) => one.seen.median > tripOf(one) + slackOf(one) + LATE);
  t.true(late.length < TURNS * 0.2, JSON.stringify(late));
  t.true(pings.duplicates > 10, `${pings.duplicates} duplicates`);
  lossFollows(t, turns);
}

type Watched = Turn & { readonly seen: Seen };

const tripOf = ({ up, down }: Turn): number => up.delay + down.delay;

/** 2 ms or 2 %, and the jitter. */
const slackOf = ({ up, down }: Turn): number =>
  Math.max(2, 0.02 * (up.delay + down.delay)) + up.jitter + down.jitter;

/** Of all turns together, in the interval of 99.99 % of what was set; bursts make it wider. */
function lossFollows(t: ExecutionContext, turns: readonly Watched[]): void {
  const sum = (of: (turn: Watched) => number): number => turns.reduce((all, one) => all + of(one), 0);
  const lost = sum(({ seen }) => seen.lost);
  const wanted = sum(({ up, down, seen }) => seen.between * both(any(up), any(down)));
  t.log(`${lost} of ${sum(({ seen }) => seen.between)} echoes lost, ${wanted.toFixed(1)} expected`);
  t.true(Math.abs(lost - wanted) <= 4 * Math.sqrt(2 * wanted), `${lost} lost, not ${wanted}`);
}

const both = (one: number, other: number): number => 1 - (1 - one) * (1 - other);
const any = ({ lost, corrupt }: Way): number => both(lost, corrupt);
