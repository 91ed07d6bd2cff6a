import type { View } from '../../model/view.js';
import type { Check, CheckKind } from '../check.js';
import { judgeBlocked } from './blocked.js';
import { expectNothing } from './common.js';
import type { Resolved } from './written.js';
import { checksOf } from './written.js';

export const denied: CheckKind = {
  kind: 'blocked',
  about: "the file's own blocked checks: sent, not answered, not seen at the target",
  derive: (view) => checksOf(view, ['blocked'], (resolved) => checkOf(view, resolved)),
};

/** The port to use where only the protocol is given. */
const ANY_PORT = 33434;

function checkOf(view: View, { check, id, from, to, target }: Resolved): Check {
  const protocol = check.protocol ?? 'icmp';
  const isFilter = view.machines.get(target)?.kind === 'router';
  const probe = expectNothing(
    from.name,
    protocol,
    to,
    protocol === 'icmp' ? undefined : (check.to.port ?? ANY_PORT),
  );
  return {
    id,
    kind: 'blocked',
    line: check.line,
    expectation: `blocked ${check.text}${protocol === 'icmp' ? '' : ` (${protocol})`}`,
    probes: [probe],
    listeners: [],
    captures: [target],
    judge: (evidence) => judgeBlocked([probe], { machine: target, isFilter }, evidence),
  };
}
