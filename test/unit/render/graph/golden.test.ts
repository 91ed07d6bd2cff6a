/** Pictures of the examples: as text kept whole, as SVG by what has to be in it and how it lies. */
import test from 'ava';
import { graphOf } from '../../../../src/render/graph/build.js';
import { renderGraph } from '../../../../src/render/graph/index.js';
import { golden } from '../../../helpers/golden.js';
import type { Element } from '../../../helpers/svg.js';
import { everyElement, parseSvg } from '../../../helpers/svg.js';
import { EXAMPLES, example, read } from '../../../helpers/topologies.js';

for (const name of [...EXAMPLES, 'wan-1000'])
  test(`golden: ${name}`, async (t) => {
    golden(t, `graph/${name}.dot`, await renderGraph(example(name), 'dot'));
    golden(t, `graph/${name}.mmd`, await renderGraph(example(name), 'mermaid'));
  });

type Rectangle = {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
};

function rectangleOf(element: Element | undefined): Rectangle {
  if (!element) throw new Error('a node without a rectangle');
  const { attributes } = element;
  const [x = NaN, y = NaN, width = NaN, height = NaN] = ['x', 'y', 'width', 'height'].map((key) =>
    Number(attributes[key]),
  );
  return { left: x, top: y, right: x + width, bottom: y + height };
}

const meet = (a: Rectangle, b: Rectangle): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

const KINDS = ['host', 'router', 'segment'];

for (const [name, all] of [
  ...EXAMPLES.map((one) => [one, true] as const),
  ['three-isps', false] as const,
  ['wan-1000', false] as const,
])
  test(`SVG of ${name}${all ? ', all of it' : ''}: every node is there, apart from all others, with its text inside`, async (t) => {
    const lab = example(name);
    const graph = graphOf(lab, { all });
    const svg = parseSvg(await renderGraph(lab, 'svg', { all }));
    const elements = everyElement(svg);
    const nodes = elements.filter(({ attributes }) => KINDS.includes(attributes['class'] ?? ''));
    t.is(nodes.length, graph.nodes.length);
    const rectangles = nodes.map(({ children }) => rectangleOf(children[0]));
    for (const [index, one] of rectangles.entries())
      for (const other of rectangles.slice(index + 1))
        t.false(meet(one, other), JSON.stringify([one, other]));
    for (const [index, node] of nodes.entries()) {
      const texts = node.children.filter((child) => child.name === 'text');
      t.is(texts.length, 1 + (graph.nodes[index]?.lines.length ?? 0));
      const { left, right, top, bottom } = rectangles[index] ?? rectangleOf(undefined);
      for (const { text, attributes } of texts) {
        const half = (text.length * (attributes['class'] === 'title' ? 14 * 0.55 : 12 * 0.6)) / 2;
        t.true(Number(attributes['x']) - half >= left && Number(attributes['x']) + half <= right, text);
        t.true(Number(attributes['y']) > top && Number(attributes['y']) < bottom, text);
      }
    }
    t.true(elements.filter(({ attributes }) => attributes['class']?.startsWith('link')).length > 0);
    t.false(
      elements.some(({ attributes }) => Object.values(attributes).some((value) => value.includes('NaN'))),
    );
  });

test('every machine, segment and address of a lab is in its picture', async (t) => {
  for (const name of EXAMPLES) {
    const lab = example(name);
    const text = await renderGraph(lab, 'svg', { all: true });
    for (const { name: machine, interfaces } of lab.machines) {
      t.true(text.includes(`data-machine="${machine}"`), machine);
      for (const { addresses } of interfaces)
        t.true(text.includes(addresses[0]?.split('/')[0] ?? 'none'), `${machine} ${addresses.join()}`);
    }
    for (const { name: segment } of lab.segments) t.true(text.includes(`data-segment="${segment}"`), segment);
  }
});

test('SVG is read out, and needs nothing from elsewhere', async (t) => {
  const text = await renderGraph(example('virtual-wan'), 'svg');
  const svg = parseSvg(text);
  const [title, desc] = svg.children;
  t.is(title?.name, 'title');
  t.is(title?.text, 'virtual-wan');
  t.regex(desc?.text ?? '', /4 hosts, 1 router, 2 segments/);
  t.is(svg.attributes['aria-labelledby'], title?.attributes['id']);
  t.is(svg.attributes['aria-describedby'], desc?.attributes['id']);
  t.true('role' in svg.attributes);
  const router = everyElement(svg).find(({ attributes }) => attributes['data-machine'] === 'router');
  t.regex(
    router?.attributes['aria-label'] ?? '',
    /^router router, intnetA: 192\.168\.10\.10 gateway.*proxyB ⇄ 100\.100\.100\.200$/,
  );
  t.regex(text, /prefers-color-scheme:dark/);
  t.notRegex(text.replace('http://www.w3.org/2000/svg', ''), /https?:|url\(|@import|<image|<script|href/);
});

for (const name of ['virtual-wan', 'carrier-grade', 'three-isps', 'wan-1000'])
  test(`the picture of ${name} in the documents is what labnet draws`, async (t) => {
    t.is(await renderGraph(example(name), 'svg'), read(`docs/pictures/${name}.svg`), 'npm run pictures');
  });
