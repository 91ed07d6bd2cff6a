import type { Report } from '../../../verify/report.js';
import type { Doer, Done } from '../doing.js';

export const check: Doer<'check'> = async ({ lab, step, away }) =>
  judged(await lab.verify({ checks: step.checks, away }));

export const verify: Doer<'verify'> = async ({ lab, value, away }) =>
  judged(await lab.verify({ away, ...(value !== 'all' && { kinds: value }) }));

function judged({ verdicts, passed, failed }: Report): Done {
  const bad = verdicts.filter(({ status }) => status !== 'pass');
  const isUnsure = bad.some(({ status }) => status === 'error');
  const [first] = bad;
  const detail = first
    ? `${first.expectation}: ${first.observed}`
    : (verdicts[0]?.observed ?? 'nothing to check');
  return {
    status: isUnsure ? 'error' : failed > 0 ? 'fail' : 'pass',
    detail:
      verdicts.length > 1 ? `${passed} of ${passed + failed} passed${first ? `; ${detail}` : ''}` : detail,
    verdicts,
  };
}
