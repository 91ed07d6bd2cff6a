/** What the file declares of a NAT is what coturn, a program of the tests' own and labnet itself see: all nine kinds. */
import type { ExecutionContext } from 'ava';
import test from 'ava';
import type { Dependence } from '../../src/core/nat-words.js';
import { DEPENDENCES } from '../../src/core/nat-words.js';
import { guardMachine } from '../helpers/machine.js';
import type { NatLab } from '../helpers/nat-lab.js';
import type { Kind } from '../helpers/nat-kinds.js';
import { holdsKind } from '../helpers/nat-kinds.js';
import { masquerade, must, natLab, NEAR, NEAR_TOO, PLACES } from '../helpers/nat-lab.js';

guardMachine(test);

/** Every way of mapping meets every way of choosing ports. */
const PORTS = ['preserve', 'random', 'sequential'] as const;

for (const [row, mapping] of DEPENDENCES.entries())
  for (const [column, filtering] of DEPENDENCES.entries()) {
    const ports = PORTS[(row + column) % PORTS.length];
    test(`${mapping} mapping, ${filtering} filtering, ${ports ?? ''} ports`, async (t) => {
      const lab = await natLab(t, [masquerade({ preset: 'symmetric', mapping, filtering, ports })]);
      await must(t, lab.sh('near', `ip address add ${NEAR_TOO}/24 dev eth0`));
      const kind = { mapping, filtering };
      await Promise.all([
        holdsKind(t, lab, kind, PLACES[4]),
        coturnSays(t, lab).then((said) => t.deepEqual(said, kind)),
        lab.complaints().then((found) => t.deepEqual(found, [])),
      ]);
    });
  }

const WORDS: Readonly<Record<string, Dependence>> = {
  'Endpoint Independent': 'endpoint-independent',
  'Address Dependent': 'address-dependent',
  'Address and Port Dependent': 'address-and-port-dependent',
};

const TURNSERVER = `turnserver -n --no-cli --no-auth --no-tls --no-dtls -L ${NEAR} -L ${NEAR_TOO} --pidfile /run/turn.pid \
  --userdb /run/turn.db --log-file stdout >/run/turn.log 2>&1 &
for try in $(seq 100); do [ "$(ss -Hlun 'sport = :3479' | wc -l)" -ge 2 ] && exit; sleep 0.1; done; cat /run/turn.log; exit 1`;

async function coturnSays(t: ExecutionContext, { sh }: NatLab): Promise<Partial<Kind>> {
  await must(t, sh('near', TURNSERVER));
  const said = await must(t, sh('a', `turnutils_natdiscovery -m -f -p 3478 ${NEAR} 2>&1`));
  const [, mapping = ''] = /NAT with (.*) Mapping!/.exec(said) ?? [];
  const [, filtering = ''] = /NAT with (.*) Filtering!/.exec(said) ?? [];
  return { mapping: WORDS[mapping] ?? said, filtering: WORDS[filtering] ?? said } as Partial<Kind>;
}
