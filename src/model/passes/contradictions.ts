/** Written checks of which one cannot pass where the other does: said, as nothing but the file can be wrong then. */
import type { Draft, Pass } from '../draft.js';
import type { WrittenCheck } from '../lab.js';

export const findContradictions: Pass = (draft) => {
  const answered = new Map<string, WrittenCheck>();
  const blocked = new Map<string, WrittenCheck>();
  for (const check of draft.checks) {
    const key = keyOf(check);
    if (check.kind === 'path') continue;
    const isBlocked = check.kind === 'blocked';
    const other = (isBlocked ? answered : blocked).get(key);
    const before = answered.get(key);
    if (other) sayBoth(draft, check, `line ${other.line} wants it ${isBlocked ? 'answered' : 'blocked'}`);
    else if (before?.seenAs !== undefined && check.seenAs !== undefined && before.seenAs !== check.seenAs)
      sayBoth(
        draft,
        check,
        `line ${before.line} wants it seen as ${before.seenAs}, and here it is ${check.seenAs}`,
      );
    (isBlocked ? blocked : answered).set(key, check);
  }
};

const keyOf = ({ from, to, protocol = 'icmp' }: WrittenCheck): string => JSON.stringify([from, to, protocol]);

function sayBoth(draft: Draft, { line, kind, from, text }: WrittenCheck, why: string): void {
  // Those of a counted machine share an entry.
  const index = (draft.topology.checks ?? []).findIndex((_, at) => draft.line(['checks', at]) === line);
  draft.report('checks-contradict', `'${text}' from ${from}: ${why}`, ['checks', Math.max(0, index), kind], {
    fix: 'remove one of them: both cannot pass',
  });
}
