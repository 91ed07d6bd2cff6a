/** The table of who reached whom. Verdicts are signs and words, and not colours alone. */
import { count } from '../../core/text.js';
import { escapeXml as text } from '../../core/xml.js';
import type { Cell, Matrix } from '../matrix.js';
import { cellKey } from '../matrix.js';

/** From so many columns on it is drawn small. */
const MANY = 24;

/** @param anchors where a check is in the page, by its id */
export function matrixHtml(matrix: Matrix, anchors: ReadonlyMap<string, string>): string {
  const { rows, columns, cells, isGrouped } = matrix;
  if (rows.length === 0) return '';
  const head = columns.map((column) => `<th scope="col">${text(column)}</th>`).join('');
  const body = rows.map((row) => {
    const line = columns.map((column) => cellHtml(cells.get(cellKey(row, column)), anchors)).join('');
    return `<tr><th scope="row">${text(row)}</th>${line}</tr>`;
  });
  const what = isGrouped ? 'segments, each for all that is on it' : 'machines';
  const table = `<div class="scroll" tabindex="0" role="region" aria-label="Reachability"><table class="matrix${columns.length > MANY ? ' many' : ''}"><thead><tr><td>from, to</td>${head}</tr></thead>
<tbody>${body.join('\n')}</tbody></table></div>`;
  return `<h2 id="matrix">Reachability</h2>
<p class="about">By ${what}: ✓ answered, ✗ not as expected, ⊘ nothing came through, as expected; empty: not asked.</p>
${rows.length > MANY ? `<details><summary>${count(rows.length, 'row')}, ${count(columns.length, 'column')}</summary>${table}</details>` : table}`;
}

function cellHtml(cell: Cell | undefined, anchors: ReadonlyMap<string, string>): string {
  if (!cell) return '<td></td>';
  const { wrong, asked, answered, barred, check } = cell;
  if (wrong > 0) {
    const anchor = anchors.get(check ?? '');
    const shown = `✗${asked > 1 ? ` ${wrong}/${asked}` : ''}`;
    const label = `${wrong} of ${asked} not as expected`;
    const body = anchor === undefined ? shown : `<a href="#${anchor}" aria-label="${label}">${shown}</a>`;
    return `<td class="bad" title="${label}">${body}</td>`;
  }
  if (barred === asked) return '<td class="good">⊘</td>';
  return `<td class="good">${answered > 0 ? '✓' : ''}${barred > 0 ? '⊘' : ''}</td>`;
}
