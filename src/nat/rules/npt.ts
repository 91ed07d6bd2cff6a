/** One prefix for another (RFC 6296), by the kernel's own translator: no state, both ways alike. */
import type { Interface, Machine, NptMapping } from '../../model/lab.js';
import { isRenumbered, isolatedSegments } from '../../model/view.js';
import type { Rule, RuleBlock } from '../rule.js';

/** On packets that came to a translated address, which they no longer show: 6296 as a hexadecimal number. */
export const TRANSLATED = '0x6296';

export function nptRules(router: Machine, mapping: NptMapping): RuleBlock {
  const { inside, via, outside, prefix, public: shown, line } = mapping;
  const about = `${prefix} is ${shown}`;
  const inward = { prefix: shown, to: prefix };
  const outward = { prefix, to: shown };
  const out = (match: Rule['match'], why: string): Rule => ({
    chain: 'LABNET-NPT-OUT',
    match: { source: prefix, ...match },
    action: { do: 'snpt', ...outward },
    about: why,
  });
  const elsewhere = outInterfaces(router, mapping)
    .filter(({ name }) => name !== via)
    .map(({ name, segment }) => out({ out: name }, `${about}, to ${segment} too`));
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
      ...elsewhere,
      ...hairpins,
    ],
  };
}

/** By which all that comes from the prefix leaves under the public one. */
const outInterfaces = (router: Machine, mapping: NptMapping): readonly Interface[] =>
  router.interfaces.filter((one) => isRenumbered(router, mapping, one) === true);

/** Connection tracking beside it knows neither the question nor the answer, and calls what it does not know invalid. */
export const statelessRules = (router: Machine, mapping: NptMapping): readonly Rule[] =>
  outInterfaces(router, mapping)
    .filter(({ segment }) => !isolatedSegments(router, 6).includes(segment))
    .map(({ name, segment }) => ({
      chain: 'LABNET-FORWARD',
      match: { source: mapping.prefix, out: name },
      action: { do: 'accept' },
      about: `without state to ${segment}`,
    }));
