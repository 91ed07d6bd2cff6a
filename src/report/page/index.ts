/** A run as one page that needs nothing else: no network, no other file. */
import { createHash } from 'node:crypto';
import { count } from '../../core/text.js';
import { escapeXml as text } from '../../core/xml.js';
import { graphOf } from '../../render/graph/build.js';
import { graphSvg } from '../../render/graph/svg.js';
import { sizeOf, sizeText, seconds } from '../lab.js';
import { markedGraph } from '../marks.js';
import type { Run } from '../run.js';
import { anchorOf } from './check.js';
import { environmentHtml, natHtml } from './facts.js';
import { groupsOf } from './groups.js';
import { matrixHtml } from './matrix.js';
import { SCRIPT } from './script.js';
import { PAGE } from './style.js';

/** In the first bytes of a page, by which labnet knows its own. */
export const PAGE_MARK = '<!-- labnet verify --report -->';

export async function reportPage(run: Run): Promise<string> {
  const { report, lab } = run;
  const picture = styled(await graphSvg(markedGraph(graphOf(lab), run)));
  const anchors = new Map(report.verdicts.map(({ id }, index) => [id, anchorOf(index)]));
  const { markup, kept } = groupsOf(run);
  const style = `${PAGE}\n${picture.style}`;
  return `<!doctype html>${PAGE_MARK}
<html lang="en">
<head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '${hashOf(style)}'; script-src '${hashOf(SCRIPT)}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="generator" content="labnet">
<title>${text(titleOf(run))}</title><style>${style}</style></head>
<body>
${headHtml(run)}
<main>
<h2 id="picture">The lab</h2>
<figure class="scroll${widthClass(picture.svg)}" tabindex="0" aria-label="The lab, with the verdicts of what was on the way of each check">${picture.svg}</figure>
${matrixHtml(run.matrix, anchors)}
<h2 id="checks">Checks</h2>
<div class="tools" hidden><input id="search" type="search" aria-label="Filter checks" placeholder="Filter: a machine, an address, a kind"><select id="only" aria-label="Which checks"><option value="all">all</option><option value="failed">failed</option><option value="passed">passed</option></select><output id="told" aria-live="polite"></output></div>
${markup}
${natHtml(run)}
${environmentHtml(run)}
</main>
<footer>Made by labnet ${text(run.versions.labnet)} from what it sent and captured. The same as junit.xml, results.tap and results.json beside this page.</footer>
<script type="application/json" id="kept">${dataIsland(kept)}</script>
<script>${SCRIPT}</script>
</body></html>
`;
}

const titleOf = ({ report }: Run): string =>
  `${report.failed === 0 ? '✓' : '✗'} ${report.lab}: ${sumOf(report)}`;

const sumOf = ({ passed, failed }: Run['report']): string =>
  failed > 0
    ? `${failed} of ${count(passed + failed, 'check')} failed`
    : `${passed > 1 ? 'all ' : ''}${count(passed, 'check')} passed`;

function headHtml(run: Run): string {
  const { report, lab, started, matrix, nat } = run;
  const links = [
    ['picture', 'The lab'],
    ...(matrix.rows.length > 0 ? [['matrix', 'Reachability']] : []),
    ['checks', 'Checks'],
    ...(nat.length > 0 ? [['nat', 'NAT']] : []),
    ['environment', 'Environment'],
  ].map(([id = '', name = '']) => `<li><a href="#${id}">${name}</a></li>`);
  const when = `<time datetime="${text(started)}">${text(started.replace('T', ' ').replace(/\.\d+Z$/, ' UTC'))}</time>`;
  return `<header><h1>${text(report.lab)}</h1>
<p class="sum ${report.failed === 0 ? 'good' : 'bad'}">${report.failed === 0 ? '✓' : '✗'} ${text(sumOf(report))}</p>
<p class="about">${text(sizeText(sizeOf(lab)))}; ${when}, in ${seconds(report.duration)}; <code>${text(lab.file)}</code></p>
<nav aria-label="Sections"><ul>${links.join('')}</ul></nav></header>`;
}

/** The picture's own style goes to that of the page: each style that the page lets in is known by its hash. */
function styled(svg: string): { readonly svg: string; readonly style: string } {
  const [whole = '', style = ''] = /<style>\n?([^]*?)<\/style>\n?/.exec(svg) ?? [];
  return { svg: svg.replace(whole, ''), style };
}

/** Pixels: what is wider than a phone, and than a desktop, is not made smaller than can be read. */
const WIDE = 544;
const HUGE = 2200;

function widthClass(svg: string): string {
  const width = Number(/ width="(\d+)"/.exec(svg)?.[1] ?? 0);
  return width > HUGE ? ' huge' : width > WIDE ? ' wide' : '';
}

const hashOf = (code: string): string => `sha256-${createHash('sha256').update(code).digest('base64')}`;

/** What ends a script, or lets another be in it, is written otherwise (HTML, 4.12.1.3: restrictions for script elements). */
const dataIsland = (data: unknown): string =>
  JSON.stringify(data)
    .replaceAll('</', '<\\/')
    .replace(/<(?=!|script)/gi, '\\u003c');
