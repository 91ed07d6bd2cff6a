/** One prefix for another (RFC 6296), by the kernel's own translator: no state, both ways alike. */
import type { NptMapping } from '../../model/lab.js';
import type { Rule, RuleBlock } from '../rule.js';

/** On packets that came to a translated address, which they no longer show: 6296 as a hexadecimal number. */
export const TRANSLATED = '0x6296';

export function nptRules({ inside, via, outside, prefix, public: shown, line }: NptMapping): RuleBlock {
  const about = `${prefix} is ${shown}`;
  const inward = { prefix: shown, to: prefix };
  const outward = { prefix, to: shown };
  const out = (match: Rule['match'], why: string): Rule => ({
    chain: 'LABNET-NPT-OUT',
    match: { source: prefix, ...match },
    action: { do: 'snpt', ...outward },
    about: why,
  });
  const hairpins = inside.flatMap(({ segment, interface: on }) =>
    on === undefined ? [] : out({ out: on, mark: TRANSLATED }, `${segment} to itself by ${shown}`),
  );
  return {
    line,
    title: `nptv6: ${inside.map(({ segment }) => segment).join(', ')} (${prefix}) is seen as ${shown} on ${outside}`,
    rules: [
      {
        chain: 'LABNET-NPT-IN',
        match: { destination: shown },
        action: { do: 'mark', mark: TRANSLATED },
        about: `to ${shown}`,
      },
      { chain: 'LABNET-NPT-IN', match: { destination: shown }, action: { do: 'dnpt', ...inward }, about },
      out({ out: via }, about),
      ...hairpins,
    ],
  };
}
