/** Pictures of a lab, by format. */
import type { Lab } from '../../model/lab.js';
import type { GraphOptions } from './build.js';
import { graphOf } from './build.js';

export type GraphFormat = 'svg' | 'dot' | 'mermaid';

/** The text of a picture; what lays out SVG is loaded only for that. */
export async function renderGraph(
  lab: Lab,
  format: GraphFormat,
  options: GraphOptions = {},
): Promise<string> {
  const graph = graphOf(lab, options);
  switch (format) {
    case 'svg':
      return (await import('./svg.js')).graphSvg(graph);
    case 'dot':
      return (await import('./dot.js')).graphDot(graph);
    case 'mermaid':
      return (await import('./mermaid.js')).graphMermaid(graph);
  }
}
