/** What is killed: each command that makes, changes or removes a lab, and what has to be there before. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Topology } from '../helpers/changing.js';
import { nested, written } from '../helpers/changing.js';
import type { Mode } from './tracer.js';

export const LAB = 'killed';

/** The lab of the tests of changes, with rules of both kinds. */
function first(topology: Topology): void {
  Object.assign(topology, { name: LAB });
  nested(topology, 'routers', 'gate')['nat'] = [
    { masquerade: 'home', via: 'internet', preset: 'restricted-cone' },
  ];
}

/** The same with another host and segment, and other rules. */
function both(topology: Topology): void {
  first(topology);
  nested(topology, 'segments')['lab'] = '10.2.0.0/24';
  nested(topology, 'hosts')['dave'] = { lab: '10.2.0.10' };
  nested(topology, 'routers', 'gate', 'interfaces')['lab'] = '10.2.0.1';
  nested(topology, 'routers', 'gate')['nat'] = [{ masquerade: 'home', via: 'internet', preset: 'symmetric' }];
  nested(topology, 'routers', 'edge')['nat'] = [{ forward: 'tcp/80', via: 'internet', to: 'carol' }];
}

/** The same without a host, and with another address. */
function second(topology: Topology): void {
  both(topology);
  delete nested(topology, 'hosts')['server'];
  nested(topology, 'hosts')['bob'] = { home: '192.168.1.99' };
}

/** Machines and segments of either: what runs already where labnet makes no machines. */
export const BOTH = written(both);

export type FileName = 'first' | 'second';

export const fileOf = (folder: string, name: FileName): string => join(folder, `${name}.yaml`);

export function writeTopologies(folder: string): void {
  writeFileSync(fileOf(folder, 'first'), written(first));
  writeFileSync(fileOf(folder, 'second'), written(second));
}

export type Scene = {
  /** What runs before. */
  readonly before: FileName | undefined;
  /** The file of the 'up' that is killed; none for 'down'. */
  readonly after: FileName | undefined;
  /** What is killed instead, of a lab that is as its file says. */
  readonly command?: readonly string[];
};

export const SCENES = {
  up: { before: undefined, after: 'first' },
  change: { before: 'first', after: 'second' },
  back: { before: 'second', after: 'first' },
  down: { before: 'first', after: undefined },
  'nat-set': { before: 'first', after: 'first', command: ['nat', 'set', 'gate', 'preset=symmetric'] },
  'link-set': {
    before: 'first',
    after: 'first',
    command: ['link', 'set', 'alice:home', 'loss=10%', 'rate=5mbit'],
  },
} as const satisfies Record<string, Scene>;

export type SceneName = keyof typeof SCENES;
export const sceneNames = Object.keys(SCENES) as SceneName[];

/** What comes after a kill: 'up' with the file that was meant or with the one before, or 'down' at once. */
export type Next = FileName | 'down';

export function nextOf(scene: Scene, at: number): Next {
  const { before, after } = scene;
  const turn = at % 4;
  if (turn === 2) return 'down';
  if (turn === 1 && before !== undefined) return before;
  return after ?? before ?? 'first';
}

/** With an engine that is a thread of the command, that one's end is the engine's. */
export const modesOf = (isRootless: boolean): readonly Mode[] => [
  'all',
  'cli',
  'late',
  ...(isRootless ? (['engine'] as const) : []),
  'holder',
  'power-kept',
  'power-lost',
];
