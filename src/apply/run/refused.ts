/** What only those who carry a step out can tell: whether a lab could be changed so, tried on its model. */
import type { Diagnostic } from '../../core/diagnostic.js';
import { diagnostic } from '../../core/diagnostic.js';
import { LabnetError } from '../../core/errors.js';
import { didYouMean } from '../../core/suggest.js';
import type { Lab } from '../../model/lab.js';
import type { ScenarioFile } from '../../scenario/parse.js';
import type { Schedule, Step } from '../../scenario/step.js';
import { CHECK_KINDS } from '../../verify/checks/index.js';
import { changedLinks } from '../link/change.js';
import { withBehaviour } from '../nat/change.js';
import { linkChangeOf, settingsOf } from './settings.js';

export function refusedIn({ steps }: Schedule, lab: Lab, { source, timeline }: ScenarioFile): Diagnostic[] {
  const tried = new Set<string>();
  return steps.flatMap((step) => {
    // Turns that are alike are refused alike.
    const key = JSON.stringify([step.entry, step.action]);
    if (tried.has(key)) return [];
    tried.add(key);
    const path = [...timeline, step.entry, step.action.kind];
    const kinds = unknownKinds(step).map(({ kind, index }) => {
      const at = source.place([...path, index]);
      const fix = didYouMean(kind, KINDS, 'kinds');
      return diagnostic('check-unknown', `there is no kind of check '${kind}'`, { at, fix });
    });
    return [...kinds, ...refusal(step, lab).map((one) => ({ ...one, at: source.place(path) }))];
  });
}

const KINDS = CHECK_KINDS.map(({ kind }) => kind);

const unknownKinds = ({ action }: Step): { readonly kind: string; readonly index: number }[] =>
  action.kind !== 'verify' || action.value === 'all'
    ? []
    : action.value.flatMap((kind, index) => (KINDS.includes(kind) ? [] : [{ kind, index }]));

function refusal({ action }: Step, lab: Lab): readonly Diagnostic[] {
  try {
    const change = linkChangeOf(action);
    if (change) changedLinks(lab, change);
    if (action.kind === 'nat-set') {
      const { router, ...behaviour } = action.value;
      withBehaviour(lab, router, settingsOf(behaviour));
    }
    return [];
  } catch (error) {
    if (error instanceof LabnetError) return error.diagnostics;
    throw error;
  }
}
