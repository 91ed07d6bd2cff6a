/** Many hosts behind one address. */
import type { Machine, MasqueradeMapping } from '../../model/lab.js';
import type { Rule, RuleBlock } from '../rule.js';

export function masqueradeRules(_: Machine, mapping: MasqueradeMapping): RuleBlock {
  const { inside, via, outside, behaviour, line, preset } = mapping;
  const names = inside.map(({ segment }) => segment).join(', ');
  const about = `${inside[0]?.segment ?? ''}${inside.length > 1 ? ' and others' : ''} behind ${mapping.public}`;
  const outward = inside.map(({ subnet }): Rule => ({
    chain: 'LABNET-SNAT',
    match: { source: subnet, out: via },
    action: { do: 'masquerade', random: behaviour.ports === 'random' },
    about,
  }));
  const hairpin = behaviour.hairpin ? inside.flatMap((one) => hairpinRule(one, mapping)) : [];
  const rules = [...outward, ...hairpin, ...inputRules(mapping)];
  return { line, title: `masquerade: ${names} behind ${mapping.public} on ${outside} (${preset})`, rules };
}

function hairpinRule(
  { segment, subnet, interface: out }: MasqueradeMapping['inside'][number],
  mapping: MasqueradeMapping,
): Rule[] {
  if (out === undefined) return [];
  const about = `${segment} to itself by a public address`;
  return [
    {
      chain: 'LABNET-SNAT',
      match: { source: subnet, out, states: ['DNAT'] },
      action: { do: 'snat', to: mapping.public },
      about,
    },
  ];
}

/**
 * Unasked packets to the outside address are dropped before connection tracking keeps them: an entry of theirs
 * would take the port that an inside host is about to use, and hole punching would fail.
 */
function inputRules({ via, behaviour }: MasqueradeMapping): Rule[] {
  if (behaviour.filtering === 'endpoint-independent') return [];
  return (['tcp', 'udp'] as const).map((protocol) => ({
    chain: 'LABNET-INPUT',
    match: { in: via, protocol, states: ['NEW', 'INVALID'] },
    action: { do: 'drop' },
    about: `unasked ${protocol} from outside`,
  }));
}
