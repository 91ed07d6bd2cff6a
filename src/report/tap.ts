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

/** A YAML block written as JSON, which is valid YAML for any text. */
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

/** Characters that must be escaped in quoted YAML 1.2: C1 controls, Unicode line ends, DEL. */
const yaml = (text: string): string =>
  JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** One line, in which `#` does not begin a directive. */
const described = (text: string): string => lineOf(text).replace(/[\\#]/g, '\\$&');
const lineOf = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
