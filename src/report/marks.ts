/** Marks in the picture of a lab: machines and segments on the path of a failed check, and those only on paths of passed ones. */
import { count } from '../core/text.js';
import type { Graph, GraphNode, GraphMark } from '../render/graph/graph.js';
import type { Run } from './run.js';

type Touched = { readonly failed: Set<string>; passed: boolean };

export function markedGraph(graph: Graph, run: Run): Graph {
  const touched = touchedBy(run);
  return { ...graph, nodes: graph.nodes.map((node) => marked(node, touched, run.culprits)) };
}

const keyOf = (kind: 'segment' | 'machine', name: string): string => `${kind} ${name}`;

/** For a mesh: the asking hosts, and those that did not answer. */
function touchedBy({ report, proofs, lost }: Run): Map<string, Touched> {
  const touched = new Map<string, Touched>();
  report.verdicts.forEach(({ id, status }, index) => {
    const proof = proofs[index];
    const machines = proof?.machines ?? [...(lost.get(id) ?? []), id.replace('mesh/', '')];
    const keys = [
      ...machines.map((name) => keyOf('machine', name)),
      ...(proof?.segments ?? []).map((name) => keyOf('segment', name)),
    ];
    for (const key of keys) {
      const known = touched.get(key) ?? { failed: new Set<string>(), passed: false };
      touched.set(key, known);
      if (status === 'pass') known.passed = true;
      else known.failed.add(id);
    }
  });
  return touched;
}

function marked(
  node: GraphNode,
  touched: ReadonlyMap<string, Touched>,
  culprits: ReadonlySet<string>,
): GraphNode {
  const kind = node.kind === 'segment' ? 'segment' : 'machine';
  const own = node.names.map((name) => ({ name, ...touched.get(keyOf(kind, name)) }));
  const failed = new Set(own.flatMap((one) => [...(one.failed ?? [])]));
  if (failed.size > 0) {
    const bad = own.filter((one) => (one.failed?.size ?? 0) > 0).map(({ name }) => name);
    const what = `✗ ${count(failed.size, 'check')} failed${whoOf(bad, node.names.length)}`;
    const guilty = kind === 'machine' ? bad.filter((name) => culprits.has(name)) : [];
    const cause = guilty.length === 0 ? [] : [`✗ the cause is here${whoOf(guilty, node.names.length)}`];
    return withMark(node, 'failed', [what, ...cause]);
  }
  return own.some(({ passed }) => passed === true) ? withMark(node, 'passed', ['✓ passed']) : node;
}

/** The machines that are meant, if several are drawn as one. */
const whoOf = (names: readonly string[], all: number): string =>
  all === 1 ? '' : names.length <= 2 ? `: ${names.join(', ')}` : `: ${names.length} of ${all}`;

const withMark = (node: GraphNode, mark: GraphMark, texts: readonly string[]): GraphNode => ({
  ...node,
  mark,
  lines: [...texts.map((text) => ({ kind: 'verdict', text }) as const), ...node.lines],
});
