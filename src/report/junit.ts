/**
 * JUnit XML, as Jenkins, GitLab and GitHub actions read it: a suite for each kind of check.
 * https://github.com/testmoapp/junitxml and the schema of Jenkins' xUnit plugin
 */
import { escapeXml } from '../core/xml.js';
import type { Verdict } from '../verify/report.js';
import { groupBy } from '../core/group-by.js';
import type { Run } from './run.js';
import { versionLines } from './versions.js';

export function junitXml({ report, versions, file, started }: Run): string {
  const suites = [...groupBy(report.verdicts, ({ kind }) => kind)].map(([kind, verdicts]) =>
    [
      `  <testsuite ${attributes({ name: `${report.lab}.${kind}`, ...counts(verdicts), timestamp: started.replace(/\.\d+Z$/, 'Z') })}>`,
      ...propertyLines(versions),
      ...verdicts.flatMap((verdict) => caseLines(verdict, report.lab, file)),
      '  </testsuite>',
    ].join('\n'),
  );
  const all = { name: `labnet ${report.lab}`, ...counts(report.verdicts), time: report.duration / 1000 };
  return `<?xml version="1.0" encoding="UTF-8"?>
<!-- labnet verify --report -->
<testsuites ${attributes(all)}>
${suites.join('\n')}
</testsuites>
`;
}

const counts = (verdicts: readonly Verdict[]): Record<string, number> => ({
  tests: verdicts.length,
  failures: verdicts.filter(({ status }) => status === 'fail').length,
  errors: verdicts.filter(({ status }) => status === 'error').length,
  skipped: 0,
});

const attributes = (values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}="${attribute(String(value))}"`)
    .join(' ');

/** XML parsers replace line ends in attributes by spaces, unless they are written as references. */
const attribute = (text: string): string =>
  escapeXml(text).replace(/[\t\n\r]/g, (one) => `&#${one.charCodeAt(0)};`);

const propertyLines = (versions: Run['versions']): string[] => [
  '    <properties>',
  ...versionLines(versions).map(([name, value]) => `      <property ${attributes({ name, value })}/>`),
  '    </properties>',
];

function caseLines(verdict: Verdict, lab: string, file: string): string[] {
  const { id, kind, expectation, status, line } = verdict;
  const place = line === undefined || file === '' ? {} : { file, line };
  const open = `    <testcase ${attributes({ name: `${id}: ${expectation}`, classname: `${lab}.${kind}`, ...place })}`;
  if (status === 'pass') return [`${open}/>`];
  const element = status === 'fail' ? 'failure' : 'error';
  const type = status === 'fail' ? kind : 'not-judged';
  const message = attributes({ message: verdict.observed, type });
  return [
    `${open}>`,
    `      <${element} ${message}>${escapeXml(bodyOf(verdict))}</${element}>`,
    '    </testcase>',
  ];
}

const bodyOf = ({ cause, evidence }: Verdict): string =>
  [...(cause === undefined ? [] : [`likely cause: ${cause}`]), ...evidence].join('\n');
