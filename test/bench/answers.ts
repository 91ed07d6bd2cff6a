/** Whether a running wan-N works: each host pings the public address of the host half of all further on. */
import { openRecords } from '../../src/apply/labs.js';
import type { Probe } from '../../src/core/probe.js';
import { driverNamed } from '../../src/drivers/registry.js';
import type { Lab } from '../../src/model/lab.js';
import type { Session } from '../../src/transport/session.js';
import { wanName } from './wan.js';

export type Answers = {
  readonly hosts: number;
  readonly answered: number;
  /** Milliseconds for all pings, the first time and again. */
  readonly cold: number;
  readonly warm: number;
};

const TRIES = 3;
const INTERVAL = 500;
const WAIT = 1_000;

export async function pingAll(hosts: number, stateDir: string): Promise<Answers> {
  const records = openRecords({ stateDir });
  const record = records.read(wanName(hosts));
  if (!record) throw new Error(`${wanName(hosts)} is not running`);
  const lab = records.readLab(record);
  const session = await (await driverNamed(record.driver)).connect(lab, record.runtime);
  try {
    const probes = probesOf(lab);
    const cold = await timed(session, probes);
    const warm = await timed(session, probes);
    return { hosts, answered: cold.answered, cold: cold.milliseconds, warm: warm.milliseconds };
  } finally {
    await session.close();
  }
}

function probesOf(lab: Lab): Probe[] {
  const published = lab.machines.flatMap(({ nat }) => nat).filter((one) => one.kind === 'static');
  return published.map(({ inside }, id) => ({
    id,
    machine: inside.machine,
    protocol: 'icmp',
    to: published[(id + published.length / 2) % published.length]?.public ?? '',
    count: TRIES,
    interval: INTERVAL,
    wait: WAIT,
  }));
}

async function timed(
  session: Session,
  probes: readonly Probe[],
): Promise<{ readonly answered: number; readonly milliseconds: number }> {
  const started = performance.now();
  const run = Math.trunc(Math.random() * 2 ** 32);
  const { results } = await session.test({ run, probes, listeners: [], captures: [] });
  const milliseconds = performance.now() - started;
  const isAnswer = (index: number): boolean =>
    results[index]?.replies.some(({ kind, from }) => kind === 'answer' && from === probes[index]?.to) ===
    true;
  return { answered: probes.filter((_, index) => isAnswer(index)).length, milliseconds };
}
