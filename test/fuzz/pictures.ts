/** Pictures of labs: what is written for others to draw is read again, and has to say what the lab has and no more. */
import { Graphviz } from '@hpcc-js/wasm-graphviz';
import type { Lab } from '../../src/model/lab.js';
import { graphOf } from '../../src/render/graph/build.js';
import { graphDot } from '../../src/render/graph/dot.js';
import type { Graph, GraphBox } from '../../src/render/graph/graph.js';
import { graphMermaid } from '../../src/render/graph/mermaid.js';
import { lineText } from '../../src/render/graph/nested.js';

/** Loaded once: it is two megabytes. */
const graphviz = await Graphviz.load();

/**
 * @param all each machine by itself
 * @returns what is wrong; undefined where nothing is
 */
export function wrongPicture(lab: Lab, all: boolean): string | undefined {
  const graph = graphOf(lab, { all });
  return wrongNodes(lab, graph) ?? wrongDot(graph) ?? wrongMermaid(graph);
}

/** Everybody is drawn, and once. */
function wrongNodes({ machines, segments }: Lab, { nodes }: Graph): string | undefined {
  const drawn = nodes.flatMap(({ names }) => names).sort();
  const there = [...machines, ...segments].map(({ name }) => name).sort();
  return JSON.stringify(drawn) === JSON.stringify(there) ? undefined : 'a picture without all that there is';
}

type Drawn = {
  readonly name: string;
  readonly objects?: readonly { readonly name: string; readonly label?: string }[];
  readonly edges?: readonly { readonly tail: number; readonly head: number }[];
};

/** The engine nop2 places nothing: the text is only read (https://graphviz.org/docs/outputs/json/). */
const NO_LAYOUT = 'nop2';

function wrongDot(graph: Graph): string | undefined {
  let drawn: Drawn;
  try {
    drawn = JSON.parse(graphviz.layout(graphDot(graph), 'dot_json', NO_LAYOUT)) as Drawn;
  } catch (error) {
    return `DOT that graphviz does not read: ${String(error)}`;
  }
  const { objects = [], edges = [] } = drawn;
  const found = [
    drawn.name,
    ...objects.map(({ name, label }) => `${name}: ${label ?? ''}`).sort(),
    ...edges.map(({ tail, head }) => `${objects[tail]?.name ?? ''} -- ${objects[head]?.name ?? ''}`).sort(),
  ];
  return difference('DOT', found, [graph.name, ...labels(graph).sort(), ...joins(graph).sort()]);
}

const labels = ({ nodes, root }: Graph): string[] => [
  ...nodes.map(({ id, title, lines }) => `${id}: ${[title, ...lines.map(lineText)].join('\\n')}`),
  ...boxesIn(root).map(({ id, title }) => `cluster_${id}: ${title}`),
];

const boxesIn = ({ boxes }: GraphBox): GraphBox[] => boxes.flatMap((box) => [box, ...boxesIn(box)]);

const joins = ({ links }: Graph): string[] =>
  links.map(({ machine, segment, nearer }) =>
    nearer === 'machine' ? `${machine} -- ${segment}` : `${segment} -- ${machine}`,
  );

/** Within quotes there is nothing that Mermaid, Markdown or HTML would read, but for labnet's own. */
const WORDS = String.raw`"(<b>|</b>|<br/>|#\d+;|[\p{L}\p{N} .,:;/()+…–⇄→-])*"`;
const LINES: readonly RegExp[] = [
  /^flowchart TB$/,
  /^ {2}acc(Title|Descr): [\p{L}\p{N} .,:()-]*$/u,
  new RegExp(`^ *n\\d+(\\[${WORDS}\\]|\\[\\[${WORDS}\\]\\]|\\(\\[${WORDS}\\]\\))$`, 'u'),
  new RegExp(`^ *subgraph b\\d+\\[${WORDS}\\]$`, 'u'),
  /^ *end$/,
  /^ {2}n\d+ (---|===) n\d+$/,
  /^$/,
];

function wrongMermaid(graph: Graph): string | undefined {
  const lines = graphMermaid(graph).split('\n');
  const strange = lines.find((line) => !LINES.some((form) => form.test(line)));
  if (strange !== undefined) return `Mermaid has a line that says more than it should: ${strange}`;
  const ids = (form: RegExp): string[] => lines.flatMap((line) => form.exec(line)?.[1] ?? []).sort();
  const links = lines.flatMap(
    (line) => / (n\d+) (?:---|===) (n\d+)$/.exec(line)?.slice(1).join(' -- ') ?? [],
  );
  return (
    difference('Mermaid', ids(/^ *(n\d+)[[(]/), graph.nodes.map(({ id }) => id).sort()) ??
    difference('Mermaid', links.sort(), joins(graph).sort()) ??
    difference(
      'Mermaid',
      ids(/^ *subgraph (b\d+)/),
      boxesIn(graph.root)
        .map(({ id }) => id)
        .sort(),
    )
  );
}

function difference(format: string, found: readonly string[], wanted: readonly string[]): string | undefined {
  const at = Array.from({ length: Math.max(found.length, wanted.length) }, (_, index) => index).find(
    (index) => found[index] !== wanted[index],
  );
  return at === undefined
    ? undefined
    : `${format} that says '${found[at] ?? 'nothing'}', not '${wanted[at] ?? 'nothing'}'`;
}
