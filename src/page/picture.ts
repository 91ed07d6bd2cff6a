/** The picture: what passes over each line, and what NAT has counted at each router. */
import type { State } from './state.js';
import { short, write } from './text.js';

const SVG = 'http://www.w3.org/2000/svg';

/** Rules that let pass or drop, and translate nothing. */
const FILTERS = /^-A LABNET-(FORWARD|INPUT) /;

type Line = { readonly path: SVGPathElement; readonly label: SVGTextElement; readonly of: readonly number[] };
type Badge = {
  /** What NAT has counted, and how many connections there are. */
  readonly labels: readonly [SVGTextElement, SVGTextElement];
  readonly names: ReadonlySet<string>;
};

export class Picture {
  readonly #lines: Line[] = [];
  readonly #badges: Badge[] = [];

  /** @param choose told which machines somebody points at, and what they are called together */
  constructor(
    readonly root: SVGSVGElement,
    state: State,
    choose: (title: string, names: readonly string[]) => void,
  ) {
    const { links, nodes } = state.lab;
    for (const path of root.querySelectorAll<SVGPathElement>('path[data-link]')) {
      const label = labelOn(path);
      this.#lines.push({ path, label, of: links[Number(path.dataset['link'])] ?? [] });
    }
    for (const node of root.querySelectorAll<SVGGElement>('g[data-node]')) {
      const names = nodes[node.dataset['node'] ?? ''];
      if (!names) continue;
      if (node.classList.contains('router'))
        this.#badges.push({ labels: badgeOf(node), names: new Set(names) });
      chooseBy(node, () => choose(node.querySelector('.title')?.textContent ?? '', names));
    }
  }

  show({ interfaces, rules, ruleCounts, counts }: State): void {
    for (const { path, label, of } of this.#lines) {
      let [total, rate] = [0, 0];
      let isUp = false;
      for (const index of of) {
        const one = interfaces[index];
        if (!one) continue;
        total += one.received + one.sent;
        rate += one.receivedRate + one.sentRate;
        isUp ||= one.isUp;
      }
      path.classList.toggle('busy', rate > 0);
      path.classList.toggle('down', !isUp && of.length > 0);
      label.classList.toggle('busy', rate > 0);
      write(label, !isUp && of.length > 0 ? 'down' : rate > 0 ? `${short(rate)}/s` : short(total));
    }
    const nat = new Map<string, number>();
    rules.forEach(({ router, rule }, index) => {
      const packets = FILTERS.test(rule) ? 0 : (ruleCounts[index]?.packets ?? 0);
      nat.set(router, (nat.get(router) ?? 0) + packets);
    });
    for (const { labels, names } of this.#badges) {
      const known = [...names].filter((name) => nat.has(name));
      const sum = (of: ReadonlyMap<string, number>): number =>
        known.reduce((total, name) => total + (of.get(name) ?? 0), 0);
      write(labels[0], known.length === 0 ? '' : `NAT ${short(sum(nat))}`);
      write(labels[1], known.length === 0 ? '' : `tracks ${short(sum(counts))}`);
    }
  }

  /** Marks nodes all of whose machines are chosen. */
  mark(chosen: ReadonlySet<string> | undefined, nodes: Readonly<Record<string, readonly string[]>>): void {
    for (const node of this.root.querySelectorAll<SVGGElement>('g[data-node]')) {
      const names = nodes[node.dataset['node'] ?? ''] ?? [];
      const isChosen = chosen !== undefined && names.length > 0 && names.every((name) => chosen.has(name));
      node.classList.toggle('chosen', isChosen);
      if (names.length > 0) node.setAttribute('aria-pressed', `${isChosen}`);
    }
  }
}

/** In the middle of a line; of one that goes down beside it. */
function labelOn(path: SVGPathElement): SVGTextElement {
  const length = path.getTotalLength();
  const [before, { x, y }, behind] = [0.45, 0.5, 0.55].map((part) =>
    path.getPointAtLength(length * part),
  ) as [DOMPoint, DOMPoint, DOMPoint];
  const isSteep = Math.abs(behind.x - before.x) * 4 < Math.abs(behind.y - before.y);
  const label = textAt(isSteep ? x + 6 : x, y + 4, 'count', isSteep ? 'start' : 'middle');
  path.parentNode?.append(label);
  return label;
}

const BADGE = { beside: 6, below: 13, above: 5, width: 76 } as const;

/** In the upper corners of a node, beside its title; above them where that is too long. */
function badgeOf(node: SVGGElement): Badge['labels'] {
  const [box, title] = [node.querySelector('rect'), node.querySelector<SVGTextElement>('.title')];
  const number = (name: string): number => Number(box?.getAttribute(name) ?? 0);
  const room = (number('width') - (title?.getComputedTextLength() ?? 0)) / 2;
  const y = number('y') + (room >= BADGE.width ? BADGE.below : -BADGE.above);
  const labels = [
    textAt(number('x') + BADGE.beside, y, 'count badge', 'start'),
    textAt(number('x') + number('width') - BADGE.beside, y, 'count badge', 'end'),
  ] as const;
  node.append(...labels);
  return labels;
}

function textAt(x: number, y: number, name: string, anchor: 'start' | 'middle' | 'end'): SVGTextElement {
  const text = document.createElementNS(SVG, 'text');
  text.setAttribute('x', `${x}`);
  text.setAttribute('y', `${y}`);
  text.setAttribute('class', name);
  text.setAttribute('text-anchor', anchor);
  return text;
}

function chooseBy(node: SVGGElement, choose: () => void): void {
  node.setAttribute('tabindex', '0');
  node.setAttribute('role', 'button');
  node.addEventListener('click', choose);
  node.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    choose();
  });
}
