/** What a picture shows: who is drawn as one, what lies behind what, colours that can be told apart, text that is text. */
import test from 'ava';
import { graphOf } from '../../../../src/render/graph/build.js';
import { graphDot } from '../../../../src/render/graph/dot.js';
import type { Graph, GraphBox } from '../../../../src/render/graph/graph.js';
import { renderGraph } from '../../../../src/render/graph/index.js';
import { graphMermaid } from '../../../../src/render/graph/mermaid.js';
import { DARK, LIGHT } from '../../../../src/render/graph/palette.js';
import { addressesText, namesText } from '../../../../src/render/graph/ranges.js';
import { graphSvg } from '../../../../src/render/graph/svg.js';
import { everyElement, parseSvg } from '../../../helpers/svg.js';
import { example, labOf } from '../../../helpers/topologies.js';

const titles = ({ nodes }: Graph): string[] => nodes.map(({ title }) => title).sort();
const linesOf = ({ nodes }: Graph, title: string): string[] =>
  nodes.find((node) => node.title === title)?.lines.map(({ text }) => text) ?? [];

const HOMES = (more = ''): string => `name: homes
segments: { internet: 203.0.113.0/24, home: { count: 30, subnet: 192.168.0.0/24 } }
hosts: { peer: { count: 150, home: auto }, server: internet }
routers:
  box:
    count: 30
    interfaces: { home: auto, internet: auto }
    nat: [{ masquerade: home, via: internet, preset: symmetric }]
${more}`;

test('counted machines with nothing special are one node, with their count and range', (t) => {
  const graph = graphOf(labOf(HOMES()));
  t.deepEqual(titles(graph), [
    'box-1 … box-30',
    'home-1 … home-30',
    'internet',
    'peer-1 … peer-150',
    'server',
  ]);
  t.deepEqual(linesOf(graph, 'peer-1 … peer-150'), ['150 hosts, 5 on each', '192.168.0.2 … 192.168.29.6']);
  t.deepEqual(linesOf(graph, 'box-1 … box-30').slice(-1), [
    'home-1 … home-30 → 203.0.113.1 – 203.0.113.30 (symmetric)',
  ]);
  t.is(graphOf(labOf(HOMES()), { all: true }).nodes.length, 1 + 30 + 150 + 1 + 30);
});

test('a machine with something special is drawn by itself, and so is what only it makes different', (t) => {
  const graph = graphOf(
    labOf(`name: x
segments: { internet: 203.0.113.0/24, office: 10.0.0.0/24 }
hosts: { desk: { count: 9, office: auto }, server: internet }
routers:
  gate:
    interfaces: { office: auto, internet: auto }
    nat: [{ masquerade: office, via: internet }, { forward: tcp/22, via: internet, to: desk-4 }]`),
  );
  t.deepEqual(titles(graph), [
    'desk-1 … desk-3, desk-5 … desk-9',
    'desk-4',
    'gate',
    'internet',
    'office',
    'server',
  ]);
  t.true(linesOf(graph, 'gate').some((line) => line.endsWith('tcp 22 → desk-4')));
});

test('one site that has a server more is not among the others', (t) => {
  const shown = titles(graphOf(labOf(HOMES().replace('server: internet', 'server: internet, nas: home-7'))));
  for (const own of ['home-7', 'box-7', 'nas']) t.true(shown.includes(own), shown.join('; '));
  t.true(shown.includes('home-1 … home-6, home-8 … home-30'), shown.join('; '));
});

test('a ring of counted routers stays a ring', (t) => {
  const names = [1, 2, 3, 4, 5, 6];
  const lab = labOf(`name: ring
segments: { ${names.map((n) => `link-${n}: 10.0.${n}.0/24`).join(', ')} }
hosts: { a: { interfaces: { link-1: auto }, gateway: r-1 } }
routers:
${names.map((n) => `  r-${n}: { link-${n}: auto, link-${(n % 6) + 1}: auto }`).join('\n')}`);
  t.is(graphOf(lab).nodes.length, 13);
});

test('two of a kind are not worth a group', (t) => {
  const lab = labOf('name: x\nsegments: { lan: 10.0.0.0/24 }\nhosts: { a: { count: 2, lan: auto } }');
  t.deepEqual(titles(graphOf(lab)), ['a-1', 'a-2', 'lan']);
});

test('what is behind a NAT lies in a frame, and what is behind a second one in a frame in that', (t) => {
  const graph = graphOf(example('carrier-grade'));
  const nameOf = (id: string): string => graph.nodes.find((node) => node.id === id)?.title ?? '';
  const shape = ({ title, nodes, boxes }: GraphBox): unknown => [
    title,
    nodes.map(nameOf).sort(),
    boxes.map(shape),
  ];
  t.deepEqual(shape(graph.root), [
    '',
    ['carrier', 'internet', 'observer', 'server'],
    [
      [
        'behind carrier',
        ['access', 'home-router', 'neighbour-router', 'phone'],
        [
          ['behind home-router', ['home', 'laptop'], []],
          ['behind neighbour-router', ['neighbour', 'neighbours'], []],
        ],
      ],
    ],
  ]);
});

test('the way out of a segment is marked, at the router that has it', (t) => {
  const graph = graphOf(example('virtual-wan'));
  t.is(graph.links.filter(({ isGateway }) => isGateway).length, 2);
  const router = graph.nodes.find(({ title }) => title === 'router');
  t.deepEqual(
    router?.lines.map(({ kind }) => kind),
    ['gateway', 'gateway', 'nat', 'nat'],
  );
});

test('ranges', (t) => {
  t.is(namesText(['a-2', 'a-1', 'a-10', 'a-3', 'b']), 'a-1 … a-3, a-10, b');
  t.is(namesText(['a', 'b']), 'a, b');
  t.is(addressesText(['10.0.0.9', '10.0.0.10', '10.0.0.11']), '10.0.0.9 – 10.0.0.11');
  t.is(addressesText(['10.0.0.9', '10.0.0.10', '10.0.0.90', '10.0.1.1', '10.9.0.1']), '10.0.0.9 … 10.9.0.1');
  t.is(addressesText(['2001:db8::a', '2001:db8::9']), '2001:db8::9 – 2001:db8::a');
});

/** WCAG 2.2, relative luminance and contrast ratio. */
function contrast(a: string, b: string): number {
  const luminance = (colour: string): number => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5]
      .map((at) => parseInt(colour.slice(at, at + 2), 16) / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

test('text has a contrast of 4.5:1 and what is drawn of 3:1, in light and dark', (t) => {
  for (const p of [LIGHT, DARK]) {
    const texts = [
      ...[p.host, p.segment, p.router].flatMap((on) =>
        [p.ink, p.faint, p.gateway].map((ink) => [ink, on] as const),
      ),
      [p.nat, p.router] as const,
      ...[p.ground, p.box].map((on) => [p.faint, on] as const),
    ];
    for (const [ink, on] of texts) t.true(contrast(ink, on) >= 4.5, `${ink} on ${on}: ${contrast(ink, on)}`);
    for (const line of [p.hostEdge, p.segmentEdge, p.routerEdge, p.link])
      for (const on of [p.ground, p.box]) t.true(contrast(line, on) >= 3, `${line} on ${on}`);
  }
});

const EVIL = `"]; } <script>alert(1)</script> & ' \\ \n\u0000\u001b]]> --> \`x\` #quot; %%{init}%% \u2028 \${x}`;

/** Names are restricted today; a picture is safe without that. */
function evilGraph(): Graph {
  const graph = graphOf(example('two-homes'));
  const nodes = graph.nodes.map((node) => ({
    ...node,
    title: EVIL,
    lines: node.lines.map((line) => ({ ...line, text: EVIL })),
  }));
  const box = (one: GraphBox): GraphBox => ({ ...one, title: EVIL, boxes: one.boxes.map(box) });
  return { ...graph, name: EVIL, summary: EVIL, nodes, root: box(graph.root) };
}

test('whatever a text is, SVG stays well-formed and shows it as text', async (t) => {
  const svg = await graphSvg(evilGraph());
  const elements = everyElement(parseSvg(svg));
  t.notRegex(svg, /<script/);
  t.deepEqual([...new Set(elements.map(({ name }) => name))].sort(), [
    'desc',
    'g',
    'path',
    'rect',
    'style',
    'svg',
    'text',
    'title',
  ]);
  t.true(
    elements.some(({ name, text }) => name === 'text' && text.includes("<script>alert(1)</script> & ' \\")),
  );
});

test('whatever a text is, DOT has as many nodes as before', async (t) => {
  const { Graphviz } = await import('@hpcc-js/wasm-graphviz');
  const graphviz = await Graphviz.load();
  const names = (dot: string): string[] => {
    const { objects } = JSON.parse(graphviz.layout(dot, 'json', 'dot')) as { objects: { name: string }[] };
    return objects.map(({ name }) => name).sort();
  };
  t.deepEqual(names(graphDot(evilGraph())), names(graphDot(graphOf(example('two-homes')))));
  const text = graphDot(evilGraph());
  t.is(text.split('\n').length, graphDot(graphOf(example('two-homes'))).split('\n').length);
});

test('whatever a text is, Mermaid has as many lines as before, and no HTML', (t) => {
  const text = graphMermaid(evilGraph());
  t.is(text.split('\n').length, graphMermaid(graphOf(example('two-homes'))).split('\n').length);
  t.notRegex(text, /<script|`|%%|--!?>|\\|\u2028/);
  for (const line of text.split('\n').filter((one) => one.includes('"')))
    t.is([...line.matchAll(/"/g)].length, 2, line);
});

test('a lab of one segment, and one without a host, are drawn', async (t) => {
  for (const text of [
    'name: x\nsegments: { lan: 10.0.0.0/24 }\nhosts: { a: lan }',
    'name: x\nsegments: { lan: 10.0.0.0/24, wan: 10.1.0.0/24 }\nhosts: {}\nrouters: { r: { lan: auto, wan: auto } }',
    'name: x\nsegments: { lan: 10.0.0.0/24, wan: 10.1.0.0/24 }\nhosts: { a: lan, b: wan }',
  ])
    t.is(parseSvg(await renderGraph(labOf(text), 'svg')).name, 'svg');
});

test('a machine on four times as many segments takes about four times as long to draw', (t) => {
  const effort = (segments: number): number => {
    const lab = labOf(
      `name: x\nsegments: { s: { count: ${segments}, subnet: 10.0.0.0/24 }, wan: 20.0.0.0/8 }\nrouters: { r: { s: auto, wan: auto } }`,
    );
    const { user } = process.cpuUsage();
    t.is(graphOf(lab, { all: true }).nodes.length, segments + 2);
    return process.cpuUsage().user - user;
  };
  effort(500);
  const [usual, most] = [effort(500), effort(2_000)];
  t.true(most < 10 * usual, `${most} µs; ${usual} µs for a quarter of it`);
});
