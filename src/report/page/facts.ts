/** The tables of a page that are not verdicts: what rules met, and with what it was run. */
import { escapeXml as text } from '../../core/xml.js';
import { count } from '../../core/text.js';
import type { Run } from '../run.js';
import { versionLines } from '../versions.js';

/** Of more mappings than this the table waits closed. */
const OPEN_AT_MOST = 12;

/** Each mapping with the packets that its rules met during the run; red where a check of it failed. */
export function natHtml({ nat, report }: Run): string {
  if (nat.length === 0) return '';
  const failed = new Set(
    report.verdicts.flatMap(({ status, line }) => (status === 'pass' || line === undefined ? [] : line)),
  );
  const rows = nat.flatMap(({ router, line, title, rules }) => {
    const isBad = line > 0 && failed.has(line);
    const head = `<tr${isBad ? ' class="bad"' : ''}><th scope="rowgroup" colspan="3">${isBad ? '✗ ' : ''}${text(`${router}: ${title}`)}${line > 0 ? ` (line ${line})` : ''}</th></tr>`;
    return [
      head,
      ...rules.map(
        ({ rule, packets, bytes }) =>
          `<tr><td><code>${text(rule)}</code></td><td class="number">${packets}</td><td class="number">${bytes}</td></tr>`,
      ),
    ];
  });
  const table = `<div class="scroll" tabindex="0" role="region" aria-label="NAT"><table><thead><tr><th scope="col">rule</th><th scope="col">packets</th><th scope="col">bytes</th></tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`;
  const body =
    nat.length > OPEN_AT_MOST
      ? `<details><summary>${count(nat.length, 'mapping')}</summary>${table}</details>`
      : table;
  return `<h2 id="nat">NAT</h2>
<p class="about">The rules of each mapping, with what they met while the checks ran. Only the first packet of a flow meets a rule of NAT.</p>
${body}`;
}

export function environmentHtml({ versions, started, file }: Run): string {
  const rows = [
    ...versionLines(versions),
    ['started', started] as const,
    ...(file === '' ? [] : [['topology', file] as const]),
  ].map(([name, value]) => `<tr><th scope="row">${text(name)}</th><td>${text(value)}</td></tr>`);
  return `<h2 id="environment">Environment</h2><div class="scroll"><table><tbody>${rows.join('')}</tbody></table></div>`;
}
