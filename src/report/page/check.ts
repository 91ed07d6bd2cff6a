/** One check of a page: what was expected, what was observed, and everything that it was judged by. */
import { escapeXml as text } from '../../core/xml.js';
import type { Reply } from '../../core/probe.js';
import { count } from '../../core/text.js';
import type { Proof, ProvedProbe } from '../../verify/proof.js';
import type { Verdict } from '../../verify/report.js';
import { groupBy } from '../../core/group-by.js';

export type CheckView = {
  readonly verdict: Verdict;
  readonly proof: Proof | undefined;
  /** The place of the check in the run. */
  readonly index: number;
  /** The topology file. */
  readonly file: string;
  /** How the packet of a failed check went. */
  readonly trace: string | undefined;
  /** Among many: less of what is alike. */
  readonly isBrief: boolean;
  readonly isOpen: boolean;
};

const MARKS = { pass: ['good', '✓ passed'], fail: ['bad', '✗ failed'], error: ['odd', '? unclear'] } as const;

export const anchorOf = (index: number): string => `check-${index + 1}`;

export function checkHtml({ verdict, proof, index, file, trace, isBrief, isOpen }: CheckView): string {
  const { status, expectation, observed } = verdict;
  const [colour, mark] = MARKS[status];
  const open = isOpen ? ' open' : '';
  return [
    `<details class="check ${status}" id="${anchorOf(index)}"${open}>`,
    `<summary><span class="mark ${colour}">${mark}</span><span class="what">${text(expectation)}<small>${text(observed)}</small></span></summary>`,
    `<div class="proof">${factsHtml(verdict, file)}`,
    traceHtml(trace),
    preHtml('Evidence', verdict.evidence),
    ...(proof ? proofHtml(proof, isBrief ? BRIEF : FULL) : []),
    '</div></details>',
  ].join('');
}

function factsHtml({ id, status, cause, line }: Verdict, file: string): string {
  const facts: readonly (readonly [string, string])[] = [
    ...(cause === undefined ? [] : [['likely cause', `<span class="cause">${text(cause)}</span>`] as const]),
    ['check', `<code>${text(id)}</code>`],
    ...(line === undefined ? [] : [['written in', `<code>${text(file)}:${line}</code>`] as const]),
    ...(status === 'error' ? [['note', 'it could not be judged'] as const] : []),
  ];
  return `<dl>${facts.map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`).join('')}</dl>`;
}

/** How the packet of a failed check went from hop to hop. */
const traceHtml = (trace: string | undefined): string =>
  trace === undefined ? '' : preHtml('The way of its packet', trace.split('\n'));

const preHtml = (title: string, lines: readonly string[]): string =>
  lines.length === 0 ? '' : `<h3>${text(title)}</h3><pre>${text(lines.join('\n'))}</pre>`;

/** How many probes of a check are shown, and lines of a capture. */
type Extent = { readonly probes: number; readonly captured: number };
const FULL: Extent = { probes: 8, captured: 6 };
const BRIEF: Extent = { probes: 3, captured: 1 };

function proofHtml({ probes, seen, listeners, commands }: Proof, extent: Extent): string[] {
  return [
    probesHtml(probes, extent.probes),
    ...seen.map(({ machine, lines, packets, complete }) => {
      const how = complete ? 'capture complete' : 'capture incomplete';
      const shown = lines.slice(0, extent.captured);
      const more = packets > shown.length ? [`… and ${packets - shown.length} more`] : [];
      return preHtml(
        `Captured at ${machine}: ${count(packets, 'packet')} of this check, ${how}`,
        packets === 0 ? ['(none)'] : [...shown, ...more],
      );
    }),
    preHtml(
      'Ports opened for the check',
      listeners.map(({ machine, protocol, port, state }) => `${machine} ${protocol}/${port}: ${state}`),
    ),
    ...commands.map(({ command, output }) => {
      const said = `${output.stdout}${output.stderr}`.trimEnd().split('\n');
      const more = said.length > LINES ? [`… and ${count(said.length - LINES, 'more line')}`] : [];
      const ended = output.error ?? `exit code ${output.exitCode ?? 'none'}`;
      return preHtml(`Asked of ${command.machine}: ${ended}`, [
        `$ ${command.argv.join(' ')}`,
        ...said.slice(0, LINES),
        ...more,
      ]);
    }),
  ];
}

const LINES = 40;

/** Those that failed come first; of the rest it is said how many. */
function probesHtml(probes: readonly ProvedProbe[], most: number): string {
  if (probes.length === 0) return '';
  const ordered = [...probes.filter(({ failed }) => failed), ...probes.filter(({ failed }) => !failed)];
  const rows = ordered.slice(0, most).map(probeRow);
  const rest = ordered.slice(most);
  const bad = rest.filter(({ failed }) => failed).length;
  const what = bad > 0 ? `, ${bad} of which failed` : ', none of which failed';
  const more = rest.length > 0 ? `<p>… and ${count(rest.length, 'more probe')}${what}</p>` : '';
  return `<h3>Sent</h3><div class="scroll"><table><thead><tr><th>from</th><th>to</th><th>sent</th><th>replies</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>${more}`;
}

function probeRow({ probe, result, failed }: ProvedProbe): string {
  const { machine, protocol, to, port } = probe;
  const where = port === undefined ? to : to.includes(':') ? `[${to}]:${port}` : `${to}:${port}`;
  const said = repliesText(result.replies);
  return `<tr${failed ? ' class="bad"' : ''}><td>${text(machine)}</td><td>${text(`${where} (${protocol})`)}</td><td class="number">${result.sent}</td><td class="wide">${text(said)}</td></tr>`;
}

/** Replies that are alike are told once. */
function repliesText(replies: readonly Reply[]): string {
  const alike = groupBy(replies, ({ kind, from, detail, seenAs }) =>
    JSON.stringify([kind, from, detail, seenAs]),
  );
  const told = [...alike.values()].map((same) => {
    const [first] = same;
    if (!first) return '';
    const { kind, from, detail, seenAs } = first;
    const times = same.map(({ rtt }) => rtt);
    return [
      `${same.length > 1 ? `${same.length} times ` : ''}${detail ?? kind}`,
      ...(from === '' ? [] : [`from ${from}`]),
      `in ${Math.max(...times).toFixed(2)} ms${same.length > 1 ? ' at most' : ''}`,
      ...(seenAs === undefined ? [] : [`seen as ${seenAs}`]),
    ].join(' ');
  });
  return told.length === 0 ? 'none' : told.join('; ');
}
