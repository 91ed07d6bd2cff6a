import test from 'ava';
import { Batch } from '../../../src/sys/netlink/message.js';
import { address } from '../../../src/core/ip.js';
import { addNeighbours } from '../../../src/drivers/netns/engine/neighbours.js';
import { neighboursIn, neighbourSteps } from '../../../src/plan/neighbours.js';
import { addNeighbour } from '../../../src/sys/netlink/route.js';
import { labOf } from '../../helpers/topologies.js';

/** So many that a lab needs entries, and IPv6 in one segment. */
const TOPOLOGY = `name: large
segments: { core: 198.18.0.0/16, site: { count: 6, subnet: 10.0.0.0/24, subnet6: 2001:db8::/64 } }
hosts: { host: { count: 60, site: auto } }
routers: { border: { count: 6, interfaces: { site: auto, core: auto } } }
`;

test('what is written once for all machines is for each what its own steps say', (t) => {
  const lab = labOf(TOPOLOGY);
  const knows = neighboursIn(lab);
  let entries = 0;
  for (const machine of lab.machines) {
    const known = knows(machine);
    const [shared, own] = [new Batch(), new Batch()];
    for (const [index, one] of known.entries()) addNeighbours(shared, 16 + index, one);
    const indexes = new Map(known.map(({ interface: name }, index) => [name, 16 + index]));
    for (const step of neighbourSteps(known)) {
      t.not(step.address, machine.interfaces[0]?.addresses[0]?.split('/')[0], 'its own');
      addNeighbour(own, indexes.get(step.interface) ?? 0, address(step.address), step.mac);
    }
    t.is(shared.count, own.count, machine.name);
    t.deepEqual(shared.finish(), own.finish(), machine.name);
    entries += own.count;
  }
  // Ten hosts and a router, each with two addresses, know each other in every site; and six routers in the core.
  t.is(entries, 6 * 11 * 10 * 2 + 6 * 5);
});
