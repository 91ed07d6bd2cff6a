/** The rules of a router: what its mappings ask for, and what keeps the untranslated out. */
import type { Family } from '../../core/ip.js';
import { cidr, formatPrefix } from '../../core/ip.js';
import type { Machine, Mapping } from '../../model/lab.js';
import { insideSegments, isolatedSegments, isOwnPort, mappingFamily } from '../../model/view.js';
import type { Rule, RuleBlock } from '../rule.js';
import { forwardRules } from './forward.js';
import { masqueradeRules } from './masquerade.js';
import { nptRules, statelessRules, TRANSLATED } from './npt.js';
import { staticRules } from './static.js';

/** None for a router that translates nothing of that family. */
export function rulesOf(router: Machine, family: Family): readonly RuleBlock[] {
  const nat = router.nat.filter((mapping) => mappingFamily(mapping) === family);
  if (nat.length === 0) return [];
  // A host of its own public address is seen under that one, wherever the file writes it.
  const order = ['static', 'forward', 'nptv6', 'masquerade'];
  const mappings = [...nat].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  const blocks = [
    ...mappings.map((mapping) => blockOf(router, mapping)),
    ...(family === 4 ? [hairpinBlock(router)] : []),
    isolationBlock(router, family, nat),
  ];
  return blocks.filter(({ rules }) => rules.length > 0);
}

function blockOf(router: Machine, mapping: Mapping): RuleBlock {
  switch (mapping.kind) {
    case 'static':
      return staticRules(router, mapping);
    case 'forward':
      return forwardRules(router, mapping);
    case 'nptv6':
      return nptRules(router, mapping);
    case 'masquerade':
      return masqueradeRules(router, mapping);
  }
}

/** Hosts without a mapping reach a published one of their own segment: the answer has to come back by the router. */
function hairpinBlock(router: Machine): RuleBlock {
  const published = new Set(
    router.nat.flatMap((one) =>
      'machine' in one.inside && !isOwnPort(router, one) ? one.inside.segment : [],
    ),
  );
  const masqueraded = new Set(
    router.nat.flatMap((one) => (one.kind === 'masquerade' ? one.inside.map(({ segment }) => segment) : [])),
  );
  const rules = router.interfaces
    .filter(({ segment }) => published.has(segment) && !masqueraded.has(segment))
    .map(({ name, segment, addresses: [own = ''] }): Rule => ({
      chain: 'LABNET-SNAT',
      match: { source: formatPrefix(cidr(own).prefix), out: name, states: ['DNAT'] },
      action: { do: 'masquerade' },
      about: `${segment} to itself by a public address`,
    }));
  return { line: 0, title: 'hairpin: peers of a published host reach it by its public address', rules };
}

function isolationBlock(router: Machine, family: Family, nat: readonly Mapping[]): RuleBlock {
  const chain = 'LABNET-FORWARD';
  const inside = insideSegments(router, family);
  const isolated = isolatedSegments(router, family);
  const drops = router.interfaces
    .filter(({ segment }) => isolated.includes(segment))
    .map(({ name, segment }): Rule => ({
      chain,
      match: { notIn: name, out: name },
      action: { do: 'drop' },
      about: `untranslated to ${segment}`,
    }));
  const renumbered: Rule = {
    chain,
    match: { mark: TRANSLATED },
    action: { do: 'accept' },
    about: 'to a translated prefix',
  };
  const tracked: Rule[] = [
    { chain, match: { states: ['ESTABLISHED', 'RELATED'] }, action: { do: 'accept' }, about: 'answers' },
    { chain, match: { states: ['INVALID'] }, action: { do: 'drop' }, about: 'what NAT cannot translate' },
    { chain, match: { states: ['DNAT'] }, action: { do: 'accept' }, about: 'translated to an inside host' },
  ];
  const stateless = nat.flatMap((one) => (one.kind === 'nptv6' ? statelessRules(router, one) : []));
  const rules = [
    ...(nat.some(({ kind }) => kind === 'nptv6') ? [renumbered] : []),
    // Connection tracking costs: a router that keeps no state has none.
    ...(nat.some(({ kind }) => kind !== 'nptv6') ? [...stateless, ...tracked] : []),
    ...drops,
  ];
  return {
    line: 0,
    title: `isolate: ${drops.length > 0 ? isolated.join(', ') : 'nothing'} (behind the NAT: ${[...inside].join(', ')})`,
    rules,
  };
}
