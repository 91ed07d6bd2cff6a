/** Many hosts behind one address, where iptables has the words for how: the rest is render/nftables'. */
import type { Machine, MasqueradeMapping } from '../../model/lab.js';
import type { Rule, RuleBlock } from '../rule.js';
import { needsNftables, wordOf } from './kind.js';

export function masqueradeRules(router: Machine, mapping: MasqueradeMapping): RuleBlock {
  const { inside, via, outside, pool, line, preset } = mapping;
  const names = inside.map(({ segment }) => segment).join(', ');
  const about = `${inside[0]?.segment ?? ''}${inside.length > 1 ? ' and others' : ''} behind ${mapping.public}`;
  const shown = pool.length > 1 ? `a pool of ${pool.length}` : mapping.public;
  const outward = inside.map(({ subnet }): Rule => ({
    chain: 'LABNET-SNAT',
    match: { source: subnet, out: via },
    action: { do: 'snat', to: mapping.public, random: true },
    about,
  }));
  return {
    line,
    title: `${wordOf(mapping)}: ${names} behind ${shown} on ${outside} (${preset})`,
    rules: needsNftables(router, mapping) ? [] : [...outward, ...inputRules(mapping)],
  };
}

/**
 * Unasked packets to the outside address are dropped before connection tracking keeps them: an entry of theirs
 * would take the port that an inside host is about to use, and hole punching would fail.
 */
const inputRules = ({ via, public: destination }: MasqueradeMapping): Rule[] =>
  (['tcp', 'udp'] as const).map((protocol) => ({
    chain: 'LABNET-INPUT',
    match: { destination, in: via, protocol, states: ['NEW', 'INVALID'] },
    action: { do: 'drop' },
    about: `unasked ${protocol} from outside`,
  }));
