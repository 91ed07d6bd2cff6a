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
