/** The kernel abilities that links may need: how to try each in a separate network namespace, its name, and how to get it. */
import { dropRules } from './link-rules.js';

const nft = (text: string): string => `nft '${text}'`;

/** Redirects the incoming or outgoing packets of an interface to another device. */
const forwarding = (hook: 'ingress' | 'egress', device: string): string =>
  `ip link add name ${device} type ifb && nft 'table netdev ${device} { chain x { type filter hook ${hook} device "lo" priority 0; fwd to "${device}"; }; }'`;

/** Commands for sh. Each leaves nothing behind that disturbs the next one, except a qdisc at `lo`. */
export const TRIALS = {
  netem: 'tc qdisc add dev lo root netem delay 1ms',
  seed: 'tc qdisc add dev lo root netem delay 1ms seed 1',
  tbf: 'tc qdisc add dev lo root tbf rate 1mbit burst 32kb limit 64kb',
  'fq-codel': 'tc qdisc add dev lo root fq_codel',
  cake: 'tc qdisc add dev lo root cake',
  red: 'tc qdisc add dev lo root red limit 60000b min 5000b max 15000b avpkt 1000 burst 9 bandwidth 1mbit',
  drops: nft(
    dropRules('x', [
      { direction: 'up', hook: 'ingress', device: 'lo', percent: 1 },
      { direction: 'down', hook: 'egress', device: 'lo', percent: 1 },
    ]),
  ),
  ingress: nft(dropRules('y', [{ direction: 'down', hook: 'ingress', device: 'lo', percent: 1 }])),
  redirect: forwarding('ingress', 'there'),
  sink: forwarding('egress', 'away'),
} as const;

export type Ability = keyof typeof TRIALS;

/** A script that prints the names of the abilities that work, one a line. */
export const trialScript = (abilities: readonly Ability[]): string =>
  abilities.map((name) => `${TRIALS[name]} && echo ${name}; tc qdisc del dev lo root\n`).join('');

const INTERFACES = 'nftables at interfaces (nf_tables netdev';

export const MODULES: Readonly<Record<Ability, string>> = {
  netem: 'sch_netem',
  seed: 'a sch_netem that takes a seed (Linux 6.5 and tc 6.5)',
  tbf: 'sch_tbf',
  'fq-codel': 'sch_fq_codel',
  cake: 'sch_cake',
  red: 'sch_red',
  drops: `${INTERFACES}, Linux 5.16)`,
  ingress: `${INTERFACES})`,
  redirect: 'ifb with nft_fwd_netdev',
  sink: 'ifb with nft_fwd_netdev for what leaves (Linux 5.16)',
};

/** The fix for a missing ability; `load` tells how to get a module. */
export function abilityFix(ability: Ability, load: (module: string) => string): string {
  switch (ability) {
    case 'netem':
      return `${load('sch_netem')}; without, 'rate', 'loss: 1%' and 'mtu' work`;
    case 'seed':
      return "leave 'seed' out, or use a newer kernel and iproute2";
    case 'tbf':
      return load('sch_tbf');
    case 'fq-codel':
    case 'cake':
    case 'red':
      return `${load(MODULES[ability])}; without, 'queue: { kind: drop-tail }'`;
    case 'drops':
    case 'ingress':
      return load('nf_tables');
    case 'redirect':
    case 'sink':
      return load('ifb nft_fwd_netdev');
  }
}
