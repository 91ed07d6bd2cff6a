/** The form for a capture, and the packets as they come; every page that watches shows the same. */
import { post } from './post.js';
import { byId, counted, element, write } from './text.js';
import type { WireCapture, WireLab, WireLines } from './wire.js';

/** Lines that are kept. */
const MOST_LINES = 1_000;

export class CaptureForm {
  readonly #form = byId('capture-form', HTMLFormElement);
  readonly #places = byId('capture-places', HTMLElement);
  readonly #said = byId('capture-said', HTMLElement);
  readonly #log = byId('capture-lines', HTMLElement);
  readonly #file = byId('capture-file', HTMLAnchorElement);
  readonly #start = byId('capture-start', HTMLButtonElement);
  readonly #stop = byId('capture-stop', HTMLButtonElement);
  #omitted = 0;

  constructor(private readonly lab: WireLab) {
    this.#places.replaceChildren();
    this.#addPlace();
    byId('capture-add', HTMLButtonElement).addEventListener('click', () => this.#addPlace());
    const complain = (text: string): void => write(this.#said, text);
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      const filter = byId('capture-filter', HTMLInputElement).value.trim();
      void post('capture', { places: this.#chosen(), filter }, complain);
    });
    this.#stop.addEventListener('click', () => void post('capture/stop', {}, complain));
  }

  show({ state, places, filter, packets, message, file }: WireCapture): void {
    const isRunning = state === 'starting' || state === 'running';
    this.#start.disabled = isRunning;
    this.#stop.disabled = state !== 'running';
    this.#file.hidden = file === undefined;
    if (file !== undefined) this.#file.setAttribute('href', file);
    if (state === 'starting') {
      this.#log.replaceChildren();
      this.#omitted = 0;
    }
    if (state === 'none') return;
    const where = `${places.join(', ')}${filter === '' ? '' : `, ${filter}`}`;
    const texts = {
      starting: `starting at ${where} …`,
      running: `capturing at ${where}: ${counted(packets, 'packet')}`,
      done: `${counted(packets, 'packet')} at ${where}`,
      failed: `no capture at ${where}`,
    };
    write(this.#said, [texts[state], ...(message === undefined ? [] : [message])].join(': '));
  }

  addLines({ lines, omitted, isAll }: WireLines): void {
    if (isAll) this.#log.replaceChildren();
    const isAtEnd = this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < 20;
    this.#log.append(...lines.map((line) => element('div', {}, line)));
    this.#omitted += omitted;
    if (omitted > 0) this.#log.append(element('div', { class: 'omitted' }, `… ${omitted} more, in the file`));
    while (this.#log.childElementCount > MOST_LINES) this.#log.firstElementChild?.remove();
    if (isAtEnd) this.#log.scrollTop = this.#log.scrollHeight;
  }

  /** Another row to choose a machine and a segment in. */
  #addPlace(): void {
    const machine = element(
      'select',
      { 'aria-label': 'machine' },
      ...this.lab.machines.map(({ name }) => element('option', { value: name }, name)),
    );
    const segment = element('select', { 'aria-label': 'segment' });
    const fill = (): void => {
      const own = this.lab.interfaces.filter((one) => one.machine === machine.value);
      segment.replaceChildren(
        element('option', { value: '' }, 'all its segments'),
        ...own.map((one) => element('option', { value: one.segment }, one.segment)),
      );
    };
    machine.addEventListener('change', fill);
    fill();
    const row = element('div', { class: 'place' }, machine, segment);
    if (this.#places.childElementCount > 0) {
      const remove = element('button', { type: 'button', 'aria-label': 'remove this place' }, '×');
      remove.addEventListener('click', () => row.remove());
      row.append(remove);
    }
    this.#places.append(row);
  }

  #chosen(): string[] {
    return [...this.#places.children].map((row) => {
      const [machine, segment] = [...row.querySelectorAll('select')].map(({ value }) => value);
      return segment === undefined || segment === '' ? (machine ?? '') : `${machine ?? ''}:${segment}`;
    });
  }
}
