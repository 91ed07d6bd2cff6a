/** Verdicts as text: one line for each check, or for each kind of which many passed. */
import { count } from '../core/text.js';
import type { Report, Verdict } from '../verify/report.js';
import { seconds } from './lab.js';
import type { Style } from './style.js';

export type VerifyView = { readonly all: boolean; readonly file: string };

/** More passed checks of one kind than this are only counted, unless --all is given. */
const LISTED_AT_MOST = 12;

export function verifyText(
  { verdicts, passed, failed, duration }: Report,
  { all, file }: VerifyView,
  style: Style,
): string {
  const kinds = [...new Set(verdicts.map(({ kind }) => kind))];
  const lines = kinds.flatMap((kind) =>
    kindLines(
      verdicts.filter((one) => one.kind === kind),
      { all, file },
      style,
    ),
  );
  const counts =
    failed === 0
      ? style.green(`${count(passed, 'check')} passed`)
      : style.red(`${failed} of ${count(passed + failed, 'check')} failed`);
  return [...lines, '', `${counts} in ${seconds(duration)}`].join('\n');
}

function kindLines(verdicts: readonly Verdict[], view: VerifyView, style: Style): string[] {
  const good = verdicts.filter(({ status }) => status === 'pass');
  const bad = verdicts.filter(({ status }) => status !== 'pass');
  const isListed = view.all || good.length <= LISTED_AT_MOST;
  const shown = isListed
    ? good.map((one) => passLine(one, style))
    : [
        `${style.green('✓')} ${verdicts[0]?.kind ?? ''}: ${count(good.length, 'check')} passed, such as ${good[0]?.expectation ?? ''}`,
      ];
  return [...shown, ...bad.flatMap((one) => failLines(one, view, style))];
}

const passLine = ({ expectation, observed }: Verdict, style: Style): string =>
  `${style.green('✓')} ${expectation} ${style.dim(`(${observed})`)}`;

function failLines(
  { id, status, expectation, observed, cause, evidence, line }: Verdict,
  { file }: VerifyView,
  style: Style,
): string[] {
  return [
    `${style.red('✗')} ${style.bold(expectation)}`,
    `    ${status === 'error' ? 'could not be judged' : 'observed'}: ${observed}`,
    ...(cause === undefined ? [] : [`    ${style.cyan('likely cause')}: ${cause}`]),
    ...evidence.map((text) => style.dim(`    | ${text}`)),
    style.dim(`    ${id}${line === undefined ? '' : `, ${file}:${line}`}`),
  ];
}
