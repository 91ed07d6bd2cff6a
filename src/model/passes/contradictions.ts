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
    const [here, there] = isBlocked ? ['blocked', 'answered'] : ['answered', 'blocked'];
    if (other) sayBoth(draft, check, `wants it ${here}`, `line ${other.line} wants it ${there}`);
    else if (before?.seenAs !== undefined && check.seenAs !== undefined && before.seenAs !== check.seenAs)
      sayBoth(draft, check, `wants it seen as ${check.seenAs}`, `line ${before.line} as ${before.seenAs}`);
    (isBlocked ? blocked : answered).set(key, check);
  }
};

const keyOf = ({ from, to, protocol = 'icmp' }: WrittenCheck): string => JSON.stringify([from, to, protocol]);

function sayBoth(draft: Draft, { line, kind, text }: WrittenCheck, here: string, there: string): void {
  // Those of a counted machine share an entry.
  const index = (draft.topology.checks ?? []).findIndex((_, at) => draft.line(['checks', at]) === line);
  draft.report(
    'checks-contradict',
    `'${text}': this check ${here}, ${there}`,
    ['checks', Math.max(0, index), kind],
    {
      fix: 'remove one of them: both cannot pass',
    },
  );
}
