/** What is killed: each command that makes, changes or removes a lab, and what has to be there before. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mode } from './tracer.js';

/** Two routers with rules of both kinds, and hosts; another host, other addresses, other rules in the second. */
export const FIRST = `name: killed
segments: { home: 192.168.1.0/24, office: 10.1.0.0/24, internet: 203.0.113.0/24 }
hosts:
  alice: { home: 192.168.1.10 }
  bob: { home: 192.168.1.11 }
  carol: { office: 10.1.0.10 }
  server: { internet: 203.0.113.10 }
routers:
  gate:
    interfaces: { home: 192.168.1.1, internet: 203.0.113.1 }
    nat: [{ masquerade: home, via: internet, preset: restricted-cone }]
  edge:
    interfaces: { office: 10.1.0.1, internet: 203.0.113.2 }
    nat: [{ static: carol, public: 203.0.113.20 }]
`;
const SECOND = `name: killed
segments: { home: 192.168.1.0/24, office: 10.1.0.0/24, lab: 10.2.0.0/24, internet: 203.0.113.0/24 }
hosts:
  alice: { home: 192.168.1.10 }
  bob: { home: 192.168.1.99 }
  carol: { office: 10.1.0.10 }
  dave: { lab: 10.2.0.10 }
routers:
  gate:
    interfaces: { home: 192.168.1.1, lab: 10.2.0.1, internet: 203.0.113.1 }
    nat: [{ masquerade: home, via: internet, preset: symmetric }]
  edge:
    interfaces: { office: 10.1.0.1, internet: 203.0.113.2 }
    nat: [{ forward: tcp/80, via: internet, to: carol }]
`;

/** Machines and segments of either: what runs already where labnet makes no machines. */
export const BOTH = SECOND.replace('192.168.1.99', '192.168.1.11').replace(
  'hosts:',
  'hosts:\n  server: { internet: 203.0.113.10 }',
);

export const LAB = 'killed';
export type FileName = 'first' | 'second';

export const fileOf = (folder: string, name: FileName): string => join(folder, `${name}.yaml`);

export function writeTopologies(folder: string): void {
  writeFileSync(fileOf(folder, 'first'), FIRST);
  writeFileSync(fileOf(folder, 'second'), SECOND);
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
