/** The page of `labnet watch`: its frame and the picture; the contents are loaded while it is open. */
import { escapeXml } from '../core/xml.js';
import type { Lab } from '../model/lab.js';
import { graphOf } from './graph/build.js';
import type { Graph } from './graph/graph.js';
import { graphSvg } from './graph/svg.js';

export type Picture = {
  readonly svg: string;
  /** The text of its style element, which a content security policy has to know of. */
  readonly style: string;
  /** Of each line the interfaces, by their places among all of the lab's machines. */
  readonly links: readonly (readonly number[])[];
  /** The machines that are drawn as a node, by its id. */
  readonly nodes: Readonly<Record<string, readonly string[]>>;
};

/** The picture of a lab with marks for what is to be shown in it. */
export async function pictureOf(lab: Lab): Promise<Picture> {
  const graph = graphOf(lab);
  const svg = await graphSvg(graph, { isMarked: true });
  return {
    svg,
    style: /<style>([^]*?)<\/style>/.exec(svg)?.[1] ?? '',
    links: linksOf(lab, graph),
    nodes: Object.fromEntries(
      graph.nodes.filter(({ kind }) => kind !== 'segment').map(({ id, names }) => [id, names]),
    ),
  };
}

function linksOf({ machines }: Lab, { nodes, links }: Graph): number[][] {
  const names = new Map(nodes.map(({ id, names: own }) => [id, new Set(own)]));
  const all = machines.flatMap(({ name: machine, interfaces }) =>
    interfaces.map(({ segment }) => ({ machine, segment })),
  );
  return links.map(({ machine, segment }) =>
    all.flatMap((one, index) =>
      names.get(machine)?.has(one.machine) && names.get(segment)?.has(one.segment) ? [index] : [],
    ),
  );
}

/** @param html the frame, with `{{name}}` and `{{picture}}` in it */
export const watchPage = (html: string, lab: Lab, { svg }: Picture): string =>
  html.replaceAll('{{name}}', () => escapeXml(lab.name)).replace('{{picture}}', () => svg);
