/** Two sessions with one lab of namespaces: the driver's own, and the same with agents for its tests and dialogues. */
import type { ExecutionContext } from 'ava';
import { driverNamed } from '../../src/drivers/registry.js';
import { Lab } from '../../src/index.js';
import { Records } from '../../src/state/record.js';
import { runAgents } from '../../src/transport/agent.js';
import { converseByAgents } from '../../src/transport/dialogue/agents.js';
import type { Session } from '../../src/transport/session.js';
import { AGENT_TEXT, agentsIn } from './agents.js';
import { World } from './cli.js';
import { holdersOf } from './machine.js';
import { examplePath } from './topologies.js';

export type Sessions = {
  readonly lab: Lab;
  readonly holder: number;
  readonly engine: Session;
  readonly agents: Session;
};

/** @param file a topology */
export async function bringUp(t: ExecutionContext, file: string): Promise<Sessions> {
  const world = new World();
  t.teardown(() => world.end());
  const lab = await Lab.up(file, { stateDir: world.stateDir });
  t.teardown(() => lab.down());
  const [holder = 0] = holdersOf(world.stateDir, lab.name);
  const runtime = new Records(world.stateDir).read(lab.name)?.runtime;
  const engine = await (await driverNamed('netns')).connect(lab.model, runtime);
  t.teardown(() => engine.close());
  const open = agentsIn(lab.model, holder);
  const agents: Session = {
    ...engine,
    test: (run) => runAgents(run, open, AGENT_TEXT),
    converse: (dialogues) => converseByAgents(dialogues, open, AGENT_TEXT),
  };
  return { lab, holder, engine, agents };
}

/**
 * Where errors are answered once a second only (icmp(7)), two runs see different ones. Those of a router without a
 * route have a limit of the whole computer (net.ipv4.route.error_cost): faults are blackholes, which have no answer.
 */
const UNLIMITED = ['sysctl', '-qw', 'net.ipv4.icmp_ratelimit=0', 'net.ipv6.icmp.ratelimit=0'] as const;

/** Verdicts on it are the same at every run. */
export async function bringUpExample(t: ExecutionContext, name: string): Promise<Sessions> {
  const sessions = await bringUp(t, examplePath(name));
  const { lab } = sessions;
  const routers = lab.model.machines.filter(({ kind }) => kind === 'router');
  await Promise.all(routers.map(({ name: router }) => lab.exec(router, UNLIMITED)));
  return sessions;
}
