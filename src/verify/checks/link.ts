import { linkCheck } from '../../link/listed.js';
import { linkText } from '../../link/words.js';
import type { CheckKind, Judgement } from '../check.js';
import { linkPairs } from '../link/expect.js';
import type { Part } from '../link/judge.js';
import { judgeLink } from '../link/judge.js';

export const link: CheckKind = {
  kind: 'link',
  about:
    'every link delays, loses and limits packets as declared, measured between its machine and another of the segment',
  derive: (view) =>
    linkPairs(view).map((pair) => ({
      id: linkCheck(pair),
      kind: 'link',
      expectation: `${pair.machine} on ${pair.segment}: ${linkText(pair.line)}`,
      probes: [],
      listeners: [],
      captures: [],
      link: pair,
      judge: ({ link: measured }) => judgement(judgeLink(pair, measured()), pair.peer),
    })),
};

function judgement(parts: readonly Part[], peer: string): Judgement {
  const bad = parts.filter(({ status }) => status === 'fail');
  const status = bad.length > 0 ? 'fail' : parts.some((part) => part.status === 'error') ? 'error' : 'pass';
  return {
    status,
    observed: parts.map(({ text }) => text).join(', '),
    evidence: [`measured with ${peer}: ${parts.map((part) => `${part.text} (${part.status})`).join(', ')}`],
    ...(status === 'fail' && {
      cause: 'the link does not do what is declared, or this computer had too much to do',
    }),
  };
}
