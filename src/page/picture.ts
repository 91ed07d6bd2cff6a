/** The picture: what passes over each line, and what NAT has counted at each router. */
import type { State } from './state.js';
import { short, write } from './text.js';

const SVG = 'http://www.w3.org/2000/svg';

/** Rules that let pass or drop, and translate nothing. */
const FILTERS = /^-A LABNET-(FORWARD|INPUT) /;

type Line = { readonly path: SVGPathElement; readonly label: SVGTextElement; readonly of: readonly number[] };
type Badge = { readonly label: SVGTextElement; readonly names: ReadonlySet<string> };

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
        this.#badges.push({ label: badgeOf(node), names: new Set(names) });
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
    for (const { label, names } of this.#badges) {
      const known = [...names].filter((name) => nat.has(name));
      const sum = (of: ReadonlyMap<string, number>): number =>
        known.reduce((total, name) => total + (of.get(name) ?? 0), 0);
      write(label, known.length === 0 ? '' : `NAT ${short(sum(nat))} · tracks ${short(sum(counts))}`);
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

/** In the middle of a line. */
function labelOn(path: SVGPathElement): SVGTextElement {
  const { x, y } = path.getPointAtLength(path.getTotalLength() / 2);
  const label = textAt(x, y + 4, 'count');
  label.setAttribute('text-anchor', 'middle');
  path.parentNode?.append(label);
  return label;
}

/** Above the right corner of a node. */
function badgeOf(node: SVGGElement): SVGTextElement {
  const box = node.querySelector('rect');
  const number = (name: string): number => Number(box?.getAttribute(name) ?? 0);
  const label = textAt(number('x') + number('width'), number('y') - 5, 'count badge');
  label.setAttribute('text-anchor', 'end');
  node.append(label);
  return label;
}

function textAt(x: number, y: number, name: string): SVGTextElement {
  const text = document.createElementNS(SVG, 'text');
  text.setAttribute('x', `${x}`);
  text.setAttribute('y', `${y}`);
  text.setAttribute('class', name);
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
