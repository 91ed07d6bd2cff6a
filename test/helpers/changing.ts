/** A lab that is written otherwise again and again, and what labnet says of it. */
import type { ExecutionContext } from 'ava';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { PlannedChange } from '../../src/index.js';
import type { Who } from './cli.js';
import { World } from './cli.js';
import { temporaryFolder } from './folder.js';

const BASE = `name: changing
segments: { home: 192.168.1.0/24, office: 10.1.0.0/24, internet: 203.0.113.0/24 }
hosts:
  alice: { home: 192.168.1.10 }
  bob: { home: 192.168.1.11 }
  carol: { office: 10.1.0.10 }
  server: { internet: 203.0.113.10 }
routers:
  gate:
    interfaces: { home: 192.168.1.1, internet: 203.0.113.1 }
    nat: [{ masquerade: home, via: internet }]
  edge:
    interfaces: { office: 10.1.0.1, internet: 203.0.113.2 }
    nat: [{ static: carol, public: 203.0.113.20 }]
`;

export type Topology = Record<string, Record<string, unknown>>;

/** The text of the lab, changed. */
export function written(change: (topology: Topology) => void = () => undefined): string {
  const topology = parse(BASE) as Topology;
  change(topology);
  return stringify(topology);
}

export class Changing {
  readonly world: World;
  readonly file: string;

  constructor(t: ExecutionContext, who: Who = 'self') {
    this.world = new World(who);
    t.teardown(() => this.world.end());
    const folder = temporaryFolder('changing');
    chmodSync(folder, 0o755);
    this.file = join(folder, 'changing.yaml');
  }

  write(change?: (topology: Topology) => void): void {
    writeFileSync(this.file, written(change));
  }

  async changes(...args: readonly string[]): Promise<readonly PlannedChange[]> {
    const { stdout, stderr } = await this.world.run(...args, '--json');
    const { changes, diagnostics } = JSON.parse(stdout) as Record<
      string,
      readonly PlannedChange[] | undefined
    >;
    if (!changes) throw new Error(`${args.join(' ')}: ${JSON.stringify(diagnostics)} ${stderr}`);
    return changes;
  }

  plan = (): Promise<readonly PlannedChange[]> => this.changes('plan', this.file);
  up = (): Promise<readonly PlannedChange[]> => this.changes('up', this.file);
}

export const texts = (changes: readonly PlannedChange[]): string[] =>
  changes.map(({ change, text }) => `${change} ${text}`).sort();

export const nested = (topology: Topology, ...path: readonly string[]): Record<string, unknown> =>
  path.reduce<Record<string, unknown>>((at, key) => at[key] as Record<string, unknown>, topology);
