/** Measures links, a few at a time: one for each machine, and not more than the computer can send at once. */
import { randomInt } from 'node:crypto';
import type { Command, Output } from '../../core/command.js';
import type { Session } from '../../transport/session.js';
import type { Way } from './ask.js';
import {
  echoCommand,
  floodCommands,
  readEchoes,
  readFlood,
  readSizes,
  sizeCommands,
  troubleOf,
} from './ask.js';
import type { LinkPair } from './expect.js';
import type { LinkMeasured } from './judge.js';
import { judgeLink } from './judge.js';

/** The most bits a second of all measurements together. */
const MOST_AT_ONCE = 400e6;
const PAIRS_AT_ONCE = 8;
const FIRST_PORT = 47_000;
const PORTS = 1_000;

type Run = Pick<Session, 'run'>['run'];

/**
 * Measures each pair, and again where it does not pass, as the cause may be a busy computer.
 * @param program the text of provisioners/guest/link-probe.pl
 */
export async function measureLinks(
  pairs: readonly LinkPair[],
  run: Run,
  program: string,
): Promise<readonly LinkMeasured[]> {
  const found = new Map<LinkPair, LinkMeasured>();
  for (const round of roundsOf(pairs, () => 0)) await measureRound(round, run, program, found);
  const again = pairs.filter((pair) =>
    judgeLink(pair, found.get(pair) ?? {}).some(({ status }) => status !== 'pass'),
  );
  for (const pair of again) {
    const before = found.get(pair) ?? {};
    await measureRound([pair], run, program, found);
    found.set(pair, better(pair, before, found.get(pair) ?? {}));
  }
  return pairs.map((pair) => found.get(pair) ?? {});
}

/** The better of two measurements, or the later one where they are equal. */
function better(pair: LinkPair, first: LinkMeasured, second: LinkMeasured): LinkMeasured {
  const wrong = (one: LinkMeasured): number =>
    judgeLink(pair, one).filter(({ status }) => status !== 'pass').length;
  return wrong(first) < wrong(second) ? first : second;
}

async function measureRound(
  round: readonly LinkPair[],
  run: Run,
  program: string,
  found: Map<LinkPair, LinkMeasured>,
): Promise<void> {
  const quiet = await askAll(round, run, (pair) => [
    echoCommand(pair),
    ...(pair.line.mtu === undefined || pair.expected.isCut ? [] : sizeCommands(pair)),
  ]);
  const floods = {
    there: await floodAll('there', round, run, program),
    back: await floodAll('back', round, run, program),
  };
  for (const pair of round) found.set(pair, read(pair, quiet.get(pair) ?? [], floods));
}

type Floods = ReadonlyMap<LinkPair, readonly Output[]>;

async function floodAll(way: Way, round: readonly LinkPair[], run: Run, program: string): Promise<Floods> {
  const limited = round.filter((pair) => isFlooded(pair, way));
  const found: [LinkPair, Output[]][] = [];
  for (const some of roundsOf(limited, (pair) => pair.expected[way] ?? 0)) {
    const port = FIRST_PORT + randomInt(PORTS);
    found.push(
      ...(await askAll(some, run, (pair, index) => floodCommands(pair, way, port + index, program))),
    );
  }
  return new Map(found);
}

const isFlooded = ({ expected }: LinkPair, way: Way): boolean =>
  expected[way] !== undefined && !expected.isCut;

function read(
  pair: LinkPair,
  [echo, ...sizes]: readonly Output[],
  floods: Readonly<Record<Way, Floods>>,
): LinkMeasured {
  const echoes = echo && readEchoes(echo);
  if (!echoes)
    return {
      trouble: troubleOf('ping', echo) ?? `ping: ${(echo?.stderr ?? '').trim().split('\n')[0] ?? ''}`,
    };
  const [there, back] = [floods.there.get(pair), floods.back.get(pair)];
  return {
    echoes,
    ...(sizes.length > 0 && { sizes: readSizes(sizes) }),
    ...(there && { there: readFlood(pair, 'there', there) }),
    ...(back && { back: readFlood(pair, 'back', back) }),
  };
}

async function askAll(
  pairs: readonly LinkPair[],
  run: Run,
  ask: (pair: LinkPair, index: number) => readonly Command[],
): Promise<Map<LinkPair, Output[]>> {
  const asked = pairs.flatMap((pair, index) => ask(pair, index).map((command) => ({ pair, command })));
  if (asked.length === 0) return new Map();
  const outputs = await run(asked.map(({ command }) => command));
  const found = new Map<LinkPair, Output[]>();
  for (const [index, { pair }] of asked.entries()) {
    const output = outputs[index];
    if (output) found.set(pair, [...(found.get(pair) ?? []), output]);
  }
  return found;
}

/** Whose links are in use. */
const busyIn = ({ machine, peer, isPeerLinked }: LinkPair): string[] =>
  isPeerLinked ? [machine, peer] : [machine];

/** Puts each pair into the first round in which its machines are free and there is room for its rate. */
export function roundsOf(pairs: readonly LinkPair[], load: (pair: LinkPair) => number): LinkPair[][] {
  const rounds: { pairs: LinkPair[]; busy: Set<string>; load: number }[] = [];
  for (const pair of pairs) {
    const own = load(pair);
    const fits = rounds.find(
      (round) =>
        round.pairs.length < PAIRS_AT_ONCE &&
        busyIn(pair).every((name) => !round.busy.has(name)) &&
        round.load + own <= MOST_AT_ONCE,
    );
    const round = fits ?? { pairs: [], busy: new Set<string>(), load: 0 };
    if (!fits) rounds.push(round);
    round.pairs.push(pair);
    for (const name of busyIn(pair)) round.busy.add(name);
    round.load += own;
  }
  return rounds.map((round) => round.pairs);
}
