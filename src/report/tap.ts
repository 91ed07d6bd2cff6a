/** TAP version 14: https://testanything.org/tap-version-14-specification.html */
import type { Verdict } from '../verify/report.js';
import type { Run } from './run.js';

export const tapText = ({ report }: Run): string =>
  [
    'TAP version 14',
    `# labnet verify --report: ${lineOf(report.lab)}`,
    `1..${report.verdicts.length}`,
    ...report.verdicts.flatMap((verdict, index) => pointLines(verdict, index + 1)),
    '',
  ].join('\n');

function pointLines(verdict: Verdict, number: number): string[] {
  const { id, expectation, status } = verdict;
  const point = `${status === 'pass' ? 'ok' : 'not ok'} ${number} - ${described(`${id}: ${expectation}`)}`;
  return status === 'pass' ? [point] : [point, ...diagnosticLines(verdict)];
}

/** YAML, of which JSON is a part: nothing of a text has to be known for that. */
function diagnosticLines({ status, observed, cause, evidence, line }: Verdict): string[] {
  return [
    '  ---',
    `  severity: ${status}`,
    `  message: ${yaml(observed)}`,
    ...(cause === undefined ? [] : [`  cause: ${yaml(cause)}`]),
    ...(line === undefined ? [] : [`  line: ${line}`]),
    ...(evidence.length === 0 ? [] : ['  evidence:', ...evidence.map((text) => `    - ${yaml(text)}`)]),
    '  ...',
  ];
}

/** What YAML 1.2 does not take as it is in a text in quotes: C1 controls, line ends of Unicode, DEL. */
const yaml = (text: string): string =>
  JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** One line, in which a number sign begins no directive. */
const described = (text: string): string => lineOf(text).replace(/[\\#]/g, '\\$&');
const lineOf = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
