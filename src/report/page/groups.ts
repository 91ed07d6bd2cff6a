/** The checks of a page by kind, failed ones first and by themselves; those of a large group wait as data. */
import { escapeXml as text } from '../../core/xml.js';
import type { Run } from '../run.js';
import { groupBy } from '../../core/group-by.js';
import type { CheckView } from './check.js';
import { checkHtml } from './check.js';

export type Groups = {
  readonly markup: string;
  /** By group the markup of each of its checks. */
  readonly kept: Readonly<Record<number, readonly string[]>>;
};

/** Of more checks than this a group keeps them as data. */
const AT_ONCE = 60;
/** Of so many checks a page would be too large with everything of each. */
const BRIEF_FROM = 500;
/** Of the failed ones so many are open to begin with. */
const OPEN_AT_MOST = 12;
const FAILED = 'failed';

export function groupsOf(run: Run): Groups {
  const { report, proofs, lab, traces } = run;
  let bad = 0;
  const views = report.verdicts.map((verdict, index): CheckView => ({
    verdict,
    proof: proofs[index],
    index,
    file: lab.file,
    trace: traces.get(verdict.id),
    isBrief: report.verdicts.length > BRIEF_FROM,
    isOpen: verdict.status !== 'pass' && bad++ < OPEN_AT_MOST,
  }));
  const isGood = ({ verdict }: CheckView): boolean => verdict.status === 'pass';
  const failed = views.filter((view) => !isGood(view));
  const groups = [
    ...(failed.length > 0 ? [[FAILED, failed] as const] : []),
    ...groupBy(views.filter(isGood), ({ verdict }) => verdict.kind),
  ];
  const kept: Record<number, readonly string[]> = {};
  const markup = groups.map(([name, own], index) => {
    const checks = own.map(checkHtml);
    if (checks.length > AT_ONCE) kept[index] = checks;
    return groupHtml(index, name, checks, groups.length === 1);
  });
  return { markup: markup.join('\n'), kept };
}

function groupHtml(index: number, name: string, checks: readonly string[], isOnly: boolean): string {
  const isKept = checks.length > AT_ONCE;
  const isOpen = name === FAILED || isOnly || checks.length <= 8;
  const title = name === FAILED ? `Failed: ${checks.length}` : `${text(name)}: ${checks.length} passed`;
  return `<details class="group" data-group="${index}"${isOpen ? ' open' : ''}><summary>${title}</summary>
${isKept ? '<noscript><p>Scripts are off: these checks are in results.json.</p></noscript>' : ''}<div class="list">${isKept ? '' : checks.join('\n')}</div>
${isKept ? '<button type="button" class="more" hidden>Show more</button>' : ''}</details>`;
}
