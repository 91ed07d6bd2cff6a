/** The form for a trace, and the journey that came of it; every page that watches shows the same. */
import { post } from './post.js';
import { byId, element, write } from './text.js';
import type { WireLab, WireTrace, WireTraceHop } from './wire.js';

export class TraceForm {
  readonly #said = byId('trace-said', HTMLElement);
  readonly #hops = byId('trace-hops', HTMLOListElement);
  readonly #more = byId('trace-more', HTMLElement);
  readonly #start = byId('trace-start', HTMLButtonElement);

  constructor({ machines }: WireLab) {
    const names = machines.map(({ name }) => name);
    const hosts = machines.filter(({ kind }) => kind === 'host').map(({ name }) => name);
    const from = byId('trace-from', HTMLSelectElement);
    const to = byId('trace-to', HTMLInputElement);
    const protocol = byId('trace-protocol', HTMLSelectElement);
    from.replaceChildren(...names.map((value) => element('option', { value }, value)));
    from.value = hosts[0] ?? names[0] ?? '';
    to.value = hosts.at(-1) ?? '';
    byId('trace-names', HTMLElement).replaceChildren(...names.map((value) => element('option', { value })));
    byId('trace-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      const asked = { from: from.value, to: to.value.trim(), protocol: protocol.value };
      void post('trace', asked, (text) => write(this.#said, text));
    });
  }

  show(trace: WireTrace): void {
    this.#start.disabled = trace.state === 'running';
    if (trace.state === 'none') return;
    const { from, to, protocol } = trace.asked;
    const asked = `${from} → ${to} (${protocol})`;
    this.#hops.replaceChildren();
    this.#more.replaceChildren();
    if (trace.state === 'running') write(this.#said, `tracing ${asked} …`);
    else if (trace.state === 'failed') write(this.#said, `${asked}: ${trace.message}`);
    else {
      write(this.#said, `${trace.isGood ? '✓' : '✗'} ${asked}: ${trace.outcome}`);
      this.#hops.replaceChildren(...trace.hops.map(hopElement));
      const { cause, evidence = [], fix, notes } = trace;
      this.#more.replaceChildren(
        ...(cause === undefined ? [] : [element('p', { class: 'cause' }, `✗ ${cause}`)]),
        ...evidence.map((line) => element('code', {}, line)),
        ...(fix === undefined ? [] : [element('p', {}, `fix: ${fix}`)]),
        ...notes.map((note) => element('p', {}, `! ${note}`)),
      );
    }
  }
}

const hopElement = ({ leg, machine, way, packet, translations }: WireTraceHop): HTMLElement =>
  element(
    'li',
    { class: leg },
    element('b', {}, `${leg === 'there' ? '→' : '←'} ${machine} `),
    element('span', {}, way),
    element('code', {}, packet),
    ...translations.map((text) => element('small', {}, text)),
  );
