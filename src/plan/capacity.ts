/** How many machines a computer has room for: the needs of a lab grow with them in a straight line. */
import type { Lab, Machine } from '../model/lab.js';
import type { Needs, Resource } from './needs.js';
import { needsOf, RESOURCES } from './needs.js';
import type { Room } from './room.js';
import { KINDS } from './room.js';

export type Capacity = {
  readonly machines: number;
  /** What there is the least of, and what sets it. */
  readonly noun: string;
  readonly where: string;
};

const [FEW, MANY] = [1_000, 2_000];
const PER_SEGMENT = 50;

/** Of hosts with one interface each, fifty a segment. Undefined where nothing is known to be limited. */
export function capacityOf(room: Room): Capacity | undefined {
  const [few, many] = [needsOf(sample(FEW)), needsOf(sample(MANY))];
  const found = RESOURCES.flatMap((resource) => {
    const { isSoft, noun, setting } = KINDS[resource];
    const has = room[resource];
    if (!has || isSoft === true || resource === 'bridge-ports') return [];
    const machines = most(few, many, resource, has.left);
    return machines === undefined ? [] : [{ machines, noun, where: has.where ?? setting }];
  });
  return found.sort((a, b) => a.machines - b.machines)[0];
}

/** Undefined where it does not depend on their number, and suffices. */
function most(few: Needs, many: Needs, resource: Resource, left: number): number | undefined {
  const each = (many[resource] - few[resource]) / (MANY - FEW);
  const fixed = few[resource] - each * FEW;
  if (left < fixed) return 0;
  return each > 0 ? Math.floor((left - fixed) / each) : undefined;
}

function sample(hosts: number): Lab {
  const segments = Array.from({ length: hosts / PER_SEGMENT }, (_, index) => ({ name: `s${index}` }));
  const machines = Array.from({ length: hosts }, (_, index): Machine => ({
    name: `h${index}`,
    kind: 'host',
    interfaces: [{ name: 'eth0', segment: `s${Math.floor(index / PER_SEGMENT)}`, mac: '', addresses: [] }],
    routes: [],
    nat: [],
    isolated: [],
    provision: [],
  }));
  return { name: '', file: '', segments, machines, checks: [] };
}
