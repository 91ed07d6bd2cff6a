/** 1:1 NAT: the public address leads to the host, and the host is seen under it. */
import type { Machine, StaticMapping } from '../../model/lab.js';
import { outsideInterfaces } from '../../model/view.js';
import type { Rule, RuleBlock } from '../rule.js';

export function staticRules(router: Machine, mapping: StaticMapping): RuleBlock {
  const { inside, line, hairpin = true } = mapping;
  const about = `${inside.machine} is ${mapping.public}`;
  const outward = outsideOf(router, mapping).map((out): Rule => ({
    chain: 'LABNET-SNAT',
    match: { source: inside.address, out },
    action: { do: 'snat', to: mapping.public },
    about,
  }));
  const inward = (hairpin ? [{}] : outsideOf(router, mapping).map((name) => ({ in: name }))).map(
    (from): Rule => ({
      chain: 'LABNET-DNAT',
      match: { ...from, destination: mapping.public },
      action: { do: 'dnat', to: inside.address },
      about,
    }),
  );
  // To other published hosts, those of its own segment included (RFC 4787 REQ-9: hairpinning).
  const around: Rule = {
    chain: 'LABNET-SNAT',
    match: { source: inside.address, states: ['DNAT'] },
    action: { do: 'snat', to: mapping.public },
    about,
  };
  const rules: Rule[] = [...inward, ...outward, around];
  return {
    line,
    title: `static: ${inside.machine} (${inside.address}) is published as ${mapping.public}`,
    rules,
  };
}

/** The interfaces by which the host's own traffic leaves translated. */
const outsideOf = (router: Machine, { via }: StaticMapping): string[] =>
  via === undefined ? outsideInterfaces(router, 4) : [via];
