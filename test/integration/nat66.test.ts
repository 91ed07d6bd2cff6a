/** Many hosts behind one IPv6 address: the same nine kinds, the same ports and pools, as strangers and labnet itself see them. */
import test from 'ava';
import { DEPENDENCES } from '../../src/core/nat-words.js';
import { guardMachine } from '../helpers/machine.js';
import { holdsKind } from '../helpers/nat-kinds.js';
import type { Nat, NatLab } from '../helpers/nat-lab.js';
import { must, nat66, natLab, PLACES, topology6 } from '../helpers/nat-lab.js';
import { reach } from '../helpers/nat-peer.js';
import type { ExecutionContext } from 'ava';

guardMachine(test);

const at = PLACES[6];

const lab6 = (t: ExecutionContext, behaviour: Nat): Promise<NatLab> =>
  natLab(t, [], ({ name }) => topology6(name, [nat66(behaviour)]));

/** Every way of mapping meets every way of choosing ports. */
const PORTS = ['preserve', 'random', 'sequential'] as const;

for (const [row, mapping] of DEPENDENCES.entries())
  for (const [column, filtering] of DEPENDENCES.entries()) {
    const ports = PORTS[(row + column) % PORTS.length];
    test(`${mapping} mapping, ${filtering} filtering, ${ports ?? ''} ports`, async (t) => {
      const lab = await lab6(t, { preset: 'symmetric', mapping, filtering, ports });
      await must(t, lab.sh('near', `ip address add ${at.nearToo}/${at.length} dev eth0 nodad`));
      await holdsKind(t, lab, { mapping, filtering }, at);
      t.deepEqual(await lab.complaints(), []);
    });
  }

/** What is left of the vocabulary; labnet's own probes tell whether it holds. */
const MORE: readonly Nat[] = [
  { preset: 'symmetric' },
  { preset: 'carrier-grade' },
  { preset: 'corporate' },
  { mapping: 'address-dependent', ports: 'parity', hairpin: true },
  { ports: 'parity', seed: 3, timeouts: { udp: '40s', icmp: '7s' }, 'icmp-errors': false },
  { public: `2001:db8::20-2001:db8::23`, pooling: 'arbitrary' },
  { public: ['2001:db8:77::1', '2001:db8:77::2'], ports: 'blocks', 'block-size': 500 },
];
for (const behaviour of MORE)
  test(`as declared: ${JSON.stringify(behaviour)}`, async (t) => {
    t.deepEqual(await (await lab6(t, behaviour)).complaints(), []);
  });

for (const mapping of DEPENDENCES)
  test(`random ports with a seed: the same again, others with another seed (${mapping})`, async (t) => {
    const ports = async (seed: number): Promise<number[]> => {
      const lab = await lab6(t, { mapping, ports: 'random', seed });
      const place = await lab.peer('near').udp(6001, at.near);
      const seen: number[] = [];
      for (const peer of [lab.peer('b'), lab.peer('a')])
        for (const port of [5000, 5001])
          seen.push((await reach(await peer.udp(port, at.any), place))?.port ?? 0);
      return seen;
    };
    const [first, again, other] = await Promise.all([ports(7), ports(7), ports(8)]);
    t.false(first.includes(0), 'all are seen');
    t.deepEqual(again, first);
    t.notDeepEqual(other, first);
  });

test('it is set and flushed while it works', async (t) => {
  const lab = await lab6(t, { preset: 'full-cone' });
  const place = await lab.peer('near').udp(6001, at.near);
  const spot = await lab.peer('a').udp(5000, at.any);
  const far = await lab.peer('far').udp(6001, at.far);
  const door = await reach(spot, place);
  t.deepEqual(door, { address: at.public, port: 5000 });
  t.truthy(await reach(far, spot, door), 'everybody may come in');
  const natted = (...args: readonly string[]) => lab.world.run('nat', ...args);
  t.is((await natted('flush', 'router')).code, 0);
  t.is(await reach(far, spot, door), undefined, 'nothing is remembered');
  for (const preset of ['symmetric', 'restricted-cone', 'symmetric']) {
    t.is((await natted('set', 'router', `preset=${preset}`)).code, 0);
    const probed = await natted('probe', 'router');
    t.is(probed.code, 0, probed.stdout);
  }
});
