/** The tables beside the picture: interfaces, rules, connections; filtered by what is chosen and typed. */
import type { State, Tracked } from './state.js';
import { byId, element, short, whole, write } from './text.js';

/** Whether a row is shown: by its machine and its words. */
export type Wanted = (machine: string, words: string) => boolean;

type Row = {
  readonly row: HTMLTableRowElement;
  readonly machine: string;
  readonly words: string;
  readonly cells: readonly HTMLTableCellElement[];
};

/** Connections that are shown at once. */
const MOST = 300;

const body = (id: string): HTMLTableSectionElement => byId(id, HTMLTableSectionElement);

const number = (label: string): HTMLTableCellElement =>
  element('td', { class: 'number', 'data-label': label });

export class Tables {
  readonly #interfaces: Row[];
  #rules: Row[] = [];
  readonly #connections = new Map<string, { readonly row: HTMLTableRowElement; readonly status: Element }>();

  constructor(
    private readonly state: State,
    private readonly wanted: Wanted,
  ) {
    this.#interfaces = state.lab.interfaces.map(({ machine, name, segment, addresses }) => {
      const cells = ['in', 'in /s', 'out', 'out /s', 'dropped', 'state'].map(number);
      const where = element('td', { 'data-label': 'segment' }, segment);
      where.append(
        element('small', {}, `${name} ${addresses.map((one) => one.replace(/\/.*/, '')).join(' ')}`),
      );
      const row = element('tr', {}, element('th', { scope: 'row' }, machine), where, ...cells);
      return { row, machine, words: `${machine} ${segment} ${name} ${addresses.join(' ')}`, cells };
    });
    body('interfaces').replaceChildren(...this.#interfaces.map(({ row }) => row));
    body('connections').replaceChildren();
  }

  setRules(): void {
    let title = '';
    const rows: HTMLTableRowElement[] = [];
    this.#rules = this.state.rules.map((rule) => {
      const cells = ['packets', '/s', 'bytes'].map(number);
      const what = `${rule.title}${rule.line > 0 ? ` (line ${rule.line})` : ''}`;
      const isNew = title !== `${rule.router} ${what}`;
      title = `${rule.router} ${what}`;
      const about = element('td', { 'data-label': 'rule' }, element('span', {}, what));
      if (!isNew) about.firstElementChild?.classList.add('again');
      about.append(element('code', {}, rule.rule));
      const row = element('tr', {}, element('th', { scope: 'row' }, rule.router), about, ...cells);
      rows.push(row);
      return { row, machine: rule.router, words: `${title} ${rule.rule}`, cells };
    });
    body('rules').replaceChildren(...rows);
    this.filter();
  }

  filter(): void {
    for (const { row, machine, words } of [...this.#interfaces, ...this.#rules])
      row.hidden = !this.wanted(machine, words);
    this.#showConnections();
  }

  show(): void {
    const { interfaces, ruleCounts } = this.state;
    this.#interfaces.forEach(({ cells, row }, index) => {
      const one = interfaces[index];
      if (!one) return;
      const { received, receivedRate, sent, sentRate, dropped, isUp } = one;
      const texts = [whole(received), rate(receivedRate), whole(sent), rate(sentRate), whole(dropped)];
      [...texts, isUp ? 'up' : 'down'].forEach((text, at) => {
        const cell = cells[at];
        if (cell) write(cell, text);
      });
      row.classList.toggle('busy', receivedRate + sentRate > 0);
      row.classList.toggle('down', !isUp);
    });
    this.#rules.forEach(({ cells, row }, index) => {
      const one = ruleCounts[index];
      if (!one) return;
      [whole(one.packets), rate(one.rate), short(one.bytes)].forEach((text, at) => {
        const cell = cells[at];
        if (cell) write(cell, text);
      });
      row.classList.toggle('busy', one.rate > 0);
    });
    this.#showConnections();
  }

  #showConnections(): void {
    const wanted = [...this.state.connections].filter(([, one]) => this.wanted(one.router, wordsOf(one)));
    const shown = new Map(wanted.slice(-MOST));
    for (const [key, { row }] of this.#connections)
      if (!shown.has(key)) {
        row.remove();
        this.#connections.delete(key);
      }
    for (const [key, one] of shown) {
      const known = this.#connections.get(key) ?? this.#addConnection(key, one);
      write(known.status, one.ended === undefined ? 'open' : 'ended');
      known.row.classList.toggle('ended', one.ended !== undefined);
    }
    const all = [...this.state.counts.values()].reduce((sum, count) => sum + count, 0);
    const more = wanted.length > MOST ? `, the last ${MOST} are shown` : '';
    write(byId('connection-count', HTMLElement), `${whole(all)} tracked${more}`);
  }

  #addConnection(key: string, one: Tracked): { row: HTMLTableRowElement; status: Element } {
    const status = element('td', { 'data-label': 'state' });
    const row = element(
      'tr',
      { class: 'new' },
      element('th', { scope: 'row' }, one.router),
      element('td', { 'data-label': 'protocol' }, one.protocol),
      element('td', { 'data-label': 'from', class: 'address' }, one.source),
      element('td', { 'data-label': 'to', class: 'address' }, one.destination),
      element('td', { 'data-label': 'translated', class: 'address' }, translationOf(one)),
      status,
    );
    body('connections').prepend(row);
    const made = { row, status };
    this.#connections.set(key, made);
    return made;
  }
}

const rate = (value: number): string => (value > 0 ? short(value) : '');

const wordsOf = (one: Tracked): string =>
  `${one.router} ${one.protocol} ${one.source} ${one.destination} ${one.answerSource} ${one.answerDestination}`;

/** What NAT makes of the two ends. */
function translationOf({ source, destination, answerSource, answerDestination }: Tracked): string {
  const parts = [
    ...(answerDestination === source ? [] : [`seen as ${answerDestination}`]),
    ...(answerSource === destination ? [] : [`led to ${answerSource}`]),
  ];
  return parts.join(', ') || '–';
}
