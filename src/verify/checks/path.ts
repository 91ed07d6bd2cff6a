import type { View } from '../../model/view.js';
import type { Check, CheckKind, CheckProbe, Evidence, Judgement } from '../check.js';
import { countText, expectPing, isAnswered } from './common.js';
import type { Resolved } from './written.js';
import { checksOf } from './written.js';

export const path: CheckKind = {
  kind: 'path',
  about: "the file's own path checks: the routers that answer when the hop limit ends, in order",
  derive: (view) => checksOf(view, ['path'], (resolved) => checkOf(view, resolved)),
};

/** Hops beyond the expected last one, so that a longer path is noticed. */
const BEYOND = 2;

function checkOf(view: View, { check, id, from, to, target }: Resolved): Check {
  const expected = check.routers ?? [];
  const hops = expected.length + 1;
  const probes = Array.from({ length: hops + BEYOND }, (_, index): CheckProbe => ({
    ...expectPing(from.name, to),
    ttl: index + 1,
  }));
  const nameOf = (address: string): string => view.owners(address)[0]?.machine.name ?? address;
  return {
    id,
    kind: 'path',
    line: check.line,
    expectation: `path ${check.text} via ${expected.join(', ') || 'nobody'}`,
    probes,
    listeners: [],
    captures: [],
    judge: (evidence) => judgePath(probes, expected, target, nameOf, evidence),
  };
}

function judgePath(
  probes: readonly CheckProbe[],
  expected: readonly string[],
  target: string,
  nameOf: (address: string) => string,
  { result }: Evidence,
): Judgement {
  const hops: string[] = [];
  for (const [index] of probes.entries()) {
    const { replies } = result(index);
    const expired = replies.find(({ kind }) => kind === 'expired');
    if (expired) hops.push(nameOf(expired.from));
    else if (isAnswered(result(index))) break;
    else hops.push('*');
  }
  const last = probes.findIndex((_, index) => isAnswered(result(index)));
  const evidence = probes
    .slice(0, last < 0 ? probes.length : last + 1)
    .map((_, index) => `hop ${index + 1}: ${hops[index] ?? target}, ${countText(result(index))}`);
  const observed =
    last < 0
      ? `${hops.join(', ')}, and no answer`
      : hops.length === 0
        ? 'directly'
        : `via ${hops.join(', ')}`;
  const isRight = last >= 0 && hops.join(' ') === expected.join(' ');
  return isRight
    ? { status: 'pass', observed, evidence }
    : {
        status: 'fail',
        observed,
        evidence,
        failed: last < 0 ? [probes.length - 1] : [],
        ...(last >= 0 && { cause: 'another way: the routes differ' }),
      };
}
