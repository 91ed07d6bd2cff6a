/** The page of `labnet watch`: listens to the server, and shows what it says. */
import { setUpVerify } from './actions.js';
import { CaptureForm } from './capture.js';
import { Picture } from './picture.js';
import { State } from './state.js';
import { Tables } from './tables.js';
import { setUpTabs } from './tabs.js';
import { byId, counted, element, write } from './text.js';
import { TraceForm } from './trace.js';
import type { WireEvents, WireLab } from './wire.js';

/** Milliseconds without a word after which the page says so. */
const SILENCE = 3_000;

// The token is in the cookie by now: it need not be in the history, or in a screenshot.
history.replaceState(null, '', location.pathname);

const status = byId('status', HTMLElement);
const filter = byId('filter', HTMLInputElement);
const chip = byId('chosen', HTMLButtonElement);
const setVerify = setUpVerify();
setUpTabs();

type View = {
  readonly state: State;
  readonly picture: Picture;
  readonly tables: Tables;
  readonly form: CaptureForm;
  readonly trace: TraceForm;
};
let view: View | undefined;
let chosen: { readonly title: string; readonly names: ReadonlySet<string> } | undefined;

const wanted = (machine: string, words: string): boolean =>
  (chosen?.names.has(machine) ?? true) && words.toLowerCase().includes(filter.value.trim().toLowerCase());

function choose(title: string, names: readonly string[]): void {
  chosen = chosen?.title === title ? undefined : { title, names: new Set(names) };
  chip.hidden = chosen === undefined;
  write(chip, chosen ? `${chosen.title} ×` : '');
  view?.picture.mark(chosen?.names, view.state.lab.nodes);
  view?.tables.filter();
}

chip.addEventListener('click', () => choose(chosen?.title ?? '', []));
filter.addEventListener('input', () => view?.tables.filter());

function setLab(lab: WireLab): void {
  if (view && view.state.lab.version !== lab.version) {
    location.reload();
    return;
  }
  if (view) {
    view.state.reset();
    return;
  }
  const svg = document.querySelector<SVGSVGElement>('#picture svg');
  if (!svg) return;
  const state = new State(lab);
  view = {
    state,
    picture: new Picture(svg, state, choose),
    tables: new Tables(state, wanted),
    form: new CaptureForm(lab),
    trace: new TraceForm(lab),
  };
  const hosts = lab.machines.filter(({ kind }) => kind === 'host').length;
  const routers = lab.machines.length - hosts;
  write(
    byId('about', HTMLElement),
    [
      `${counted(hosts, 'host')}, ${counted(routers, 'router')}`,
      lab.driver,
      `up since ${new Date(lab.created).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })}`,
    ].join(' · '),
  );
}

function setStatus(kind: 'live' | 'waiting' | 'ended', text: string): void {
  status.className = kind;
  write(status, text);
}

let heard = performance.now();
let isOver = false;
const events = new EventSource('events');

function on<Name extends keyof WireEvents>(name: Name, act: (data: WireEvents[Name]) => void): void {
  events.addEventListener(name, (event: MessageEvent<string>) => {
    heard = performance.now();
    act(JSON.parse(event.data) as WireEvents[Name]);
  });
}

on('lab', setLab);
on('rules', (rules) => {
  view?.state.setRules(rules);
  view?.tables.setRules();
});
on('tick', (tick) => {
  setStatus('live', '● live');
  view?.state.take(tick);
  view?.tables.show();
  if (view) view.picture.show(view.state);
});
on('verify', setVerify);
on('capture', (state) => view?.form.show(state));
on('trace', (state) => view?.trace.show(state));
on('trouble', ({ message }) => setStatus('waiting', `○ ${message}`));
on('lines', (lines) => view?.form.addLines(lines));
on('end', ({ reason }) => {
  isOver = true;
  events.close();
  setStatus('ended', `■ ended: ${reason}`);
  document.body.classList.add('over');
});
events.addEventListener('error', () => {
  if (!isOver) setStatus('waiting', '○ labnet watch does not answer');
});
setInterval(() => {
  if (!isOver && performance.now() - heard > SILENCE) setStatus('waiting', '○ nothing heard for seconds');
}, 1_000);

const frame = byId('picture', HTMLElement);
for (const [id, isFit] of [
  ['fit', true],
  ['actual', false],
] as const)
  byId(id, HTMLButtonElement).addEventListener('click', () => {
    frame.classList.toggle('actual', !isFit);
    byId('fit', HTMLButtonElement).setAttribute('aria-pressed', `${isFit}`);
    byId('actual', HTMLButtonElement).setAttribute('aria-pressed', `${!isFit}`);
  });

document.body.append(element('div', { id: 'ready', hidden: '' }));
