/** The colours of a picture, light and dark. Text on its ground has a contrast of 4.5:1 and more (WCAG 2.2, 1.4.3). */
export type Palette = {
  readonly ground: string;
  readonly box: string;
  readonly boxEdge: string;
  readonly host: string;
  readonly hostEdge: string;
  readonly segment: string;
  readonly segmentEdge: string;
  readonly router: string;
  readonly routerEdge: string;
  readonly ink: string;
  readonly faint: string;
  readonly nat: string;
  readonly gateway: string;
  readonly link: string;
  readonly failed: string;
  readonly passed: string;
};

export const LIGHT: Palette = {
  ground: '#ffffff',
  box: '#f4f6f8',
  boxEdge: '#8c959f',
  host: '#ffffff',
  hostEdge: '#6e7781',
  segment: '#e3edfb',
  segmentEdge: '#2b62b8',
  router: '#fdf0dc',
  routerEdge: '#9a5b00',
  ink: '#1b1f24',
  faint: '#4d5661',
  nat: '#7a3d00',
  gateway: '#1c5a2c',
  link: '#57606a',
  failed: '#b3261e',
  passed: '#1c5a2c',
};

export const DARK: Palette = {
  ground: '#0d1117',
  box: '#151b23',
  boxEdge: '#5d6772',
  host: '#1c232c',
  hostEdge: '#8b949e',
  segment: '#14294a',
  segmentEdge: '#6ea8fe',
  router: '#33240c',
  routerEdge: '#e0a030',
  ink: '#e9eef4',
  faint: '#b1bac4',
  nat: '#ffc680',
  gateway: '#7ee092',
  link: '#8b949e',
  failed: '#ff8f85',
  passed: '#7ee092',
};

/** Plain rules, twice: not every program that draws SVG knows variables. */
const rules = (p: Palette): string =>
  scoped([
    `.ground{fill:${p.ground}}`,
    `.box{fill:${p.box};stroke:${p.boxEdge}}`,
    `.pack{stroke:${p.boxEdge}}`,
    `.host rect{fill:${p.host};stroke:${p.hostEdge}}`,
    `.segment rect{fill:${p.segment};stroke:${p.segmentEdge}}`,
    `.router rect{fill:${p.router};stroke:${p.routerEdge}}`,
    `.rule{stroke:${p.routerEdge}}`,
    `text{fill:${p.ink}}`,
    `.more,.label,.legend{fill:${p.faint}}`,
    `.nat{fill:${p.nat}}`,
    `.gateway{fill:${p.gateway}}`,
    `.link{stroke:${p.link}}`,
  ]);

/** For a picture with verdicts. */
const markRules = (p: Palette): string =>
  scoped([
    `.verdict{font-weight:bold}`,
    `.passed .verdict{fill:${p.passed}}`,
    `.failed .verdict{fill:${p.failed}}`,
    `.failed rect{stroke:${p.failed};stroke-width:3.5}`,
  ]);

const scoped = (all: readonly string[]): string =>
  all.map((rule) => `.labnet-graph ${rule.replaceAll(/,(?=\.)/g, ',.labnet-graph ')}`).join('\n');

/** @param fonts the sizes, as CSS rules */
export const styleSheet = (fonts: string, isMarked: boolean): string =>
  [
    fonts,
    rules(LIGHT),
    ...(isMarked ? [markRules(LIGHT)] : []),
    '@media (prefers-color-scheme:dark){',
    rules(DARK),
    ...(isMarked ? [markRules(DARK)] : []),
    '}',
  ].join('\n');
