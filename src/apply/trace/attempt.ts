/** One probe through a running lab, watched at several machines. */
import { randomInt } from 'node:crypto';
import type { Captured, Probe, ProbeResult } from '../../core/probe.js';
import type { Lab } from '../../model/lab.js';
import type { Session } from '../../transport/session.js';
import { readPackets } from '../../verify/tcpdump.js';
import type { Enter } from '../capture/run.js';
import type { Asked } from './asked.js';
import type { Survey } from './look.js';
import { survey } from './look.js';
import type { Passage } from './rule-trace.js';
import { readRuleTrace } from './rule-trace.js';
import { RuleWatcher } from './rule-watcher.js';
import type { Sighting } from './sightings.js';
import type { Captures } from './sightings.js';
import { sightingsOf } from './sightings.js';
import { tableOf } from './watch-rules.js';

/** What a trace needs of a running lab. */
export type Traceable = {
  readonly lab: Lab;
  readonly session: Session;
  /** A program in a machine as a command line of this computer. */
  readonly enter: Enter;
};

export type Attempt = {
  readonly machines: readonly string[];
  /** Of the probe, and of the large packet sent with it. */
  readonly results: readonly ProbeResult[];
  readonly sightings: readonly Sighting[];
  readonly passages: ReadonlyMap<string, readonly Passage[]>;
  readonly surveys: ReadonlyMap<string, Survey>;
  /** Machines whose rules could not be watched. */
  readonly unwatched: ReadonlySet<string>;
  readonly notes: readonly string[];
};

export const LARGE = 1;

const packetsIn = ({ machine, output }: Captured): Captures[number] => ({
  machine,
  packets: readPackets(output),
});

/** @param link the model's name of the sender's interface, of whose MTU a second probe is; none where it is left out */
export async function attempt(
  { lab, session, enter }: Traceable,
  asked: Asked,
  machines: readonly string[],
  link: string | undefined,
): Promise<Attempt> {
  const run = randomInt(1, 2 ** 32 - 1);
  const surveys = await survey(session, lab, machines);
  const large = link === undefined ? undefined : mtuOf(surveys.get(asked.from.name), link);
  const watcher = await RuleWatcher.start(enter, machines, run);
  try {
    const { results, captured } = await session.test({
      run,
      probes: probesOf(asked, run, large),
      listeners: [],
      captures: machines,
    });
    const watched = await watcher.stop();
    return {
      ...{ machines, results, surveys },
      sightings: sightingsOf(captured.map(packetsIn), run),
      passages: new Map(watched.map(({ machine, text }) => [machine, readRuleTrace(text, tableOf(run))])),
      unwatched: new Set(
        watched.filter(({ trouble }) => trouble !== undefined).map(({ machine }) => machine),
      ),
      notes: [
        ...watched.flatMap(({ machine, trouble }) =>
          trouble === undefined ? [] : [`${machine}: its rules could not be watched (${trouble})`],
        ),
        ...captured.flatMap(({ machine, error }) =>
          error === undefined ? [] : [`${machine}: not all of its packets were seen (${error})`],
        ),
      ],
    };
  } finally {
    await watcher.stop();
  }
}

function mtuOf(survey: Survey | undefined, link: string): number | undefined {
  const [on] = [...(survey?.interfaces ?? [])].find(([, name]) => name === link) ?? [];
  return on === undefined ? undefined : survey?.mtus.get(on);
}

function probesOf(
  { from, protocol, address: to, port, size, wait }: Asked,
  run: number,
  large?: number,
): Probe[] {
  const base = {
    ...{ machine: from.name, protocol, to, count: 1, interval: 0, wait },
    ...(port !== undefined && { port }),
  };
  return [
    { ...base, id: 0, ...(size !== undefined && { size }), ...(protocol === 'tcp' && { sequence: run }) },
    ...(large === undefined ? [] : [{ ...base, id: LARGE, size: large }]),
  ];
}
