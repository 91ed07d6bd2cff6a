/** The style of labnet's pages: light and dark, from a phone to a desktop, with the fonts that are there. */

/** What every page has. Text has a contrast of 4.5:1 and more (WCAG 2.2, 1.4.3). */
export const BASE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif;
  --ground: #fff; --ink: #1b1f24; --faint: #57606a; --edge: #d0d7de; --panel: #f6f8fa; --link: #0b57c2;
  --good: #1a6b2f; --good-ground: #e3f5e7; --bad: #b3261e; --bad-ground: #fdeceb; --odd: #7a5200; --odd-ground: #fff3d1; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #0d1117; --ink: #e9eef4; --faint: #a5b0bb; --edge: #343d47; --panel: #151b23; --link: #7cb7ff;
  --good: #7ee092; --good-ground: #12301b; --bad: #ff9a91; --bad-ground: #3c1513; --odd: #f2c14e; --odd-ground: #3a2c07; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1rem; background: var(--ground); color: var(--ink); }
h1 { font-size: 1.6rem; line-height: 1.2; margin: .5rem 0; } h2 { font-size: 1.2rem; margin: 2rem 0 .6rem; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .92rem; }
th, td { border: 1px solid var(--edge); padding: .3rem .55rem; text-align: left; vertical-align: top; }
thead th { background: var(--panel); }
.good { background: var(--good-ground); color: var(--good); } .bad { background: var(--bad-ground); color: var(--bad); }
.odd { background: var(--odd-ground); color: var(--odd); }`;

export const PAGE = `${BASE}
p.about { color: var(--faint); margin: .2rem 0; overflow-wrap: anywhere; }
.sum { display: inline-block; border-radius: .5rem; padding: .35rem .8rem; font-weight: 600; font-size: 1.1rem; margin: .4rem 0; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; list-style: none; padding: 0; margin: .6rem 0; }
figure { margin: 0; border: 1px solid var(--edge); border-radius: .5rem; }
figure svg { display: block; margin: 0 auto; max-width: 100%; height: auto; }
figure.wide svg { min-width: 34rem; } figure.huge svg { min-width: 90rem; }
.matrix th[scope=col] { writing-mode: vertical-rl; transform: rotate(180deg); vertical-align: bottom; max-height: 16rem; font-weight: 500; }
.matrix th[scope=row] { white-space: nowrap; position: sticky; left: 0; background: var(--panel); font-weight: 500; }
.matrix thead td { border: 0; color: var(--faint); vertical-align: bottom; max-width: 8rem; }
.matrix tbody td { text-align: center; } .matrix .bad { font-weight: 700; } .matrix .bad a { color: inherit; }
.matrix.many { font-size: .7rem; line-height: 1.1; } .matrix.many th, .matrix.many td { padding: .1rem .22rem; }
.tools { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin: .6rem 0; }
.tools input, .tools select, button { font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--faint); border-radius: .4rem; padding: .35rem .6rem; min-height: 2.5rem; }
.tools input { flex: 1 1 14rem; min-width: 0; } button { cursor: pointer; background: var(--panel); }
.group { border: 1px solid var(--edge); border-radius: .5rem; margin: .6rem 0; }
.group > summary { padding: .55rem .8rem; font-weight: 600; cursor: pointer; background: var(--panel); border-radius: .5rem; }
.group > p, .more { margin: .5rem .8rem; }
.check { border-top: 1px solid var(--edge); content-visibility: auto; contain-intrinsic-size: auto 3rem; }
.check > summary { padding: .5rem .8rem; cursor: pointer; list-style: none; display: grid; grid-template-columns: 5.4rem 1fr; gap: 0 .6rem; }
.check > summary::-webkit-details-marker { display: none; }
.check > summary:hover { background: var(--panel); }
.mark { border-radius: .35rem; font-size: .82rem; font-weight: 700; text-align: center; align-self: start; white-space: nowrap; padding: .1rem .2rem; }
.what { overflow-wrap: anywhere; } .what small { display: block; color: var(--faint); font-size: .88rem; }
.proof { padding: .2rem .8rem .8rem; margin-left: 0; }
.proof h3 { font-size: .92rem; margin: .8rem 0 .3rem; } .proof dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem .8rem; margin: .3rem 0; }
.proof dt { color: var(--faint); } .proof dd { margin: 0; overflow-wrap: anywhere; } .cause { font-weight: 600; }
pre { background: var(--panel); border: 1px solid var(--edge); border-radius: .35rem; padding: .5rem .6rem; margin: .3rem 0; overflow-x: auto; font: .82rem/1.45 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
code { font: .86rem ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
td.wide { min-width: 16rem; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
footer { margin: 2.5rem 0 1rem; color: var(--faint); font-size: .88rem; }
@media (min-width: 48rem) { .proof { margin-left: 6rem; } }
@media print { .tools { display: none; } .check { content-visibility: visible; } }`;
