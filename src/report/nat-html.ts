/** The matrix of hole punching as a self-contained page. */
import type { Matrix } from '../apply/nat/matrix.js';
import { escapeXml } from '../core/xml.js';
import { isOdd } from './nat.js';

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
div { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { border: 1px solid color-mix(in srgb, currentColor 25%, transparent); padding: .4rem .6rem; text-align: center; }
th[scope=row] { text-align: left; white-space: nowrap; }
thead th { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left; }
thead th:first-child { writing-mode: inherit; transform: none; }
.yes { background: color-mix(in srgb, #2a9d3a 30%, transparent); }
.no { background: color-mix(in srgb, #c0392b 25%, transparent); }
.odd { background: color-mix(in srgb, #e0a800 45%, transparent); }`;

export function matrixHtml({ presets, pairings }: Matrix): string {
  const tables = (['udp', 'tcp'] as const).map((protocol) => {
    const rows = presets.map((a) => {
      const cells = presets.map((b) => {
        const one = pairings.find((pair) => pair.a === a && pair.b === b && pair.protocol === protocol);
        if (!one || isOdd(one)) return `<td class="odd">${escapeXml(one?.error ?? 'not as expected')}</td>`;
        return one.connects ? '<td class="yes">direct</td>' : '<td class="no">relay</td>';
      });
      return `<tr><th scope="row">${escapeXml(a)}</th>${cells.join('')}</tr>`;
    });
    const head = presets.map((preset) => `<th scope="col">${escapeXml(preset)}</th>`).join('');
    return `<h2>${protocol.toUpperCase()}</h2>
<div><table><thead><tr><th scope="col">NAT of one, of the other</th>${head}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table></div>`;
  });
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Hole punching by pairs of NATs</title><style>${STYLE}
</style></head>
<body>
<h1>Hole punching by pairs of NATs</h1>
<p>Two hosts, each behind a NAT of its own, learn from a server under which address and port the other is seen, and
send to it at the same time. Observed in a lab of network namespaces by labnet.</p>
${tables.join('\n')}
</body></html>
`;
}
