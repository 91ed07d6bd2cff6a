/** A lab with a NAT in the middle, and somebody at every place from which it looks different. */
import type { ExecutionContext } from 'ava';
import { Lab } from '../../src/index.js';
import type { Output, Verdict } from '../../src/index.js';
import { World } from './cli.js';
import { holdersOf } from './machine.js';
import { Peer } from './nat-peer.js';

export const PUBLIC = '203.0.113.254';
export const NEAR = '203.0.113.1';
/** A second address of near's, which the topology does not know. */
export const NEAR_TOO = '203.0.113.2';
export const FAR = '203.0.113.3';
export const INSIDE = { a: '192.168.1.2', b: '192.168.1.3' } as const;

/** Where everybody is, by family. */
export type Places = {
  readonly public: string;
  readonly near: string;
  readonly nearToo: string;
  readonly far: string;
  /** What a socket is bound to that is bound to none. */
  readonly any: string;
  readonly length: number;
};
export const PLACES: Readonly<Record<4 | 6, Places>> = {
  4: { public: PUBLIC, near: NEAR, nearToo: NEAR_TOO, far: FAR, any: '0.0.0.0', length: 24 },
  6: {
    public: '2001:db8::254',
    near: '2001:db8::1',
    nearToo: '2001:db8::2',
    far: '2001:db8::3',
    any: '::',
    length: 64,
  },
};

export type Nat = Readonly<Record<string, unknown>>;

/** The same lab in IPv6. */
export const topology6 = (name: string, nat: readonly Nat[]) => ({
  name,
  segments: { home: { subnet6: 'fd00::/64' }, internet: { subnet6: '2001:db8::/64' } },
  hosts: {
    a: { home: 'fd00::2' },
    b: { home: 'fd00::3' },
    near: { internet: PLACES[6].near },
    far: { internet: PLACES[6].far },
  },
  routers: { router: { interfaces: { home: 'fd00::1', internet: PLACES[6].public }, nat } },
});

export const nat66 = (behaviour: Nat): Nat => ({ nat66: 'home', via: 'internet', ...behaviour });

/** The default: one that hides `home`. */
export const topology = (name: string, nat: readonly Nat[]) => ({
  name,
  segments: { home: '192.168.1.0/24', internet: '203.0.113.0/24' },
  hosts: {
    a: { home: INSIDE.a },
    b: { home: INSIDE.b },
    near: { internet: NEAR },
    far: { internet: FAR },
  },
  routers: { router: { interfaces: { home: '192.168.1.1', internet: PUBLIC }, nat } },
});

export const masquerade = (behaviour: Nat): Nat => ({ masquerade: 'home', via: 'internet', ...behaviour });

export type NatLab = {
  readonly lab: Lab;
  readonly world: World;
  readonly peer: (machine: string) => Peer;
  readonly sh: (machine: string, script: string) => Promise<Output>;
  /** Those that did not pass. */
  readonly complaints: () => Promise<readonly Verdict[]>;
};

let labs = 0;

/** More at once would only wait for each other, and what has to come in time would not. */
const AT_ONCE = 6;
let running = 0;
const waiting: (() => void)[] = [];

async function turn(t: ExecutionContext): Promise<void> {
  if (running < AT_ONCE) running += 1;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  t.teardown(() => {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  });
}

/** @param change of the topology */
export async function natLab(
  t: ExecutionContext,
  nat: readonly Nat[],
  change: (usual: ReturnType<typeof topology>) => object = (usual) => usual,
): Promise<NatLab> {
  await turn(t);
  const world = new World();
  t.teardown(() => world.end());
  const text = change(topology(`nat-${(labs += 1)}`, nat)) as Parameters<typeof Lab.up>[0];
  const lab = await Lab.up(text, { stateDir: world.stateDir });
  t.teardown(() => lab.down());
  const [holder = 0] = holdersOf(world.stateDir, lab.name);
  const sh = (machine: string, script: string): Promise<Output> =>
    lab.exec(machine, ['sh', '-c', script], { timeout: 30_000 });
  const peer = (machine: string): Peer => {
    const one = new Peer(lab.model, holder, machine);
    t.teardown(() => one.end());
    return one;
  };
  const complaints = async (): Promise<readonly Verdict[]> =>
    (await lab.verify()).verdicts.filter(({ status }) => status !== 'pass');
  return { lab, world, sh, peer, complaints };
}

/** A command that has to succeed. */
export async function must(t: ExecutionContext, running: Promise<Output>): Promise<string> {
  const { exitCode, stdout, stderr, error } = await running;
  t.is(exitCode, 0, `${error ?? ''}${stdout}${stderr}`);
  return stdout;
}
