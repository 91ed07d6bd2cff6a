/** What only those who carry a step out can tell: whether the lab could be changed so, as it is by then, tried on its model. */
import type { Diagnostic, Place } from '../../core/diagnostic.js';
import { diagnostic } from '../../core/diagnostic.js';
import type { Problem } from '../../core/errors.js';
import { LabnetError, SettingsError } from '../../core/errors.js';
import type { Lab, Machine } from '../../model/lab.js';
import { inOrder } from '../../scenario/order.js';
import type { ScenarioFile } from '../../scenario/parse.js';
import type { Schedule, Step } from '../../scenario/step.js';
import { unknownKind } from '../../verify/kinds.js';
import { changedLinks } from '../link/change.js';
import { withBehaviour } from '../nat/change.js';
import { linkChangeOf, settingsOf } from './settings.js';

export type Tried = {
  readonly diagnostics: readonly Diagnostic[];
  /** The lab as it is at some time of the run, each of them once. */
  readonly states: readonly LabState[];
};

export type LabState = {
  readonly lab: Lab;
  /** Of the first step that makes it so; undefined of the lab as it is brought up. */
  readonly at?: Place;
};

/** Steps one after the other, as they are planned. */
export function tryOut({ steps }: Schedule, lab: Lab, { source, timeline }: ScenarioFile): Tried {
  const found: Diagnostic[] = [];
  const states = new States(lab);
  for (const step of inOrder(steps)) {
    const path = [...timeline, step.entry, step.action.kind];
    const problems = [...unknownKinds(step), ...states.change(step, () => source.place(path))];
    found.push(...problems.map(({ found: one, key }) => ({ ...one, at: source.place([...path, ...key]) })));
  }
  return { diagnostics: found, states: states.all() };
}

/** `after`: what becomes of it by an action. */
type State = { readonly lab: Lab; readonly after: Map<string, State> };

/** What a lab goes through. A link that is cut again and again is in two states, each of which is made once. */
class States {
  readonly #known = new Map<string, State>();
  readonly #made: LabState[];
  #now: State;

  constructor(private readonly first: Lab) {
    this.#now = { lab: first, after: new Map() };
    this.#made = [{ lab: first }];
    this.#known.set(this.#keyOf(first), this.#now);
  }

  /** @returns what keeps it from being made, where that was not said before */
  change(step: Step, place: () => Place): readonly Problem[] {
    const key = JSON.stringify([step.entry, step.action]);
    const known = this.#now.after.get(key);
    if (known) {
      this.#now = known;
      return [];
    }
    const { lab, problems } = changed(this.#now.lab, step);
    const state = this.#stateOf(lab, place);
    this.#now.after.set(key, state);
    this.#now = state;
    return problems;
  }

  all(): readonly LabState[] {
    return this.#made;
  }

  #stateOf(lab: Lab, place: () => Place): State {
    if (lab === this.#now.lab) return this.#now;
    const key = this.#keyOf(lab);
    const known = this.#known.get(key);
    if (known) return known;
    const state = { lab, after: new Map<string, State>() };
    this.#known.set(key, state);
    this.#made.push({ lab, at: place() });
    return state;
  }

  /** What differs from the lab as it is brought up. */
  #keyOf({ machines }: Lab): string {
    return machines
      .flatMap((machine, index) => {
        const before = this.first.machines[index];
        const text = machine === before ? '' : keyOf(machine);
        return text === '' || (before && text === keyOf(before)) ? [] : [text];
      })
      .join();
  }
}

const keyOf = ({ name, nat, interfaces }: Machine): string =>
  JSON.stringify([name, nat, interfaces.map(({ link, declared }) => [link, declared])]);

function changed(lab: Lab, { action }: Step): { readonly lab: Lab; readonly problems: readonly Problem[] } {
  try {
    const change = linkChangeOf(action);
    if (change) return { lab: changedLinks(lab, change), problems: [] };
    if (action.kind !== 'nat-set') return { lab, problems: [] };
    const { router, ...behaviour } = action.value;
    return { lab: withBehaviour(lab, router, settingsOf(behaviour)), problems: [] };
  } catch (error) {
    if (error instanceof SettingsError) return { lab, problems: error.problems };
    if (error instanceof LabnetError)
      return { lab, problems: error.diagnostics.map((found) => ({ found, key: [] })) };
    throw error;
  }
}

const unknownKinds = ({ action }: Step): Problem[] =>
  action.kind !== 'verify' || action.value === 'all'
    ? []
    : action.value.flatMap((kind, index) => {
        const unknown = unknownKind(kind);
        if (!unknown) return [];
        const found = diagnostic('check-unknown', unknown.message, { fix: unknown.fix });
        return [{ found, key: [String(index)] }];
      });
