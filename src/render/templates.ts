/** Fills in the texts of templates/, which somebody else has read. */
import { Eta } from 'eta';

export type TemplateName = 'lab.sh' | 'apply.sh';
/** The text of each template, by name. */
export type Templates = Readonly<Record<TemplateName, string>>;

const eta = new Eta({ autoEscape: false, autoTrim: [false, 'nl'], useWith: false });

/** Shell scripts and rule files have no markup to escape: only names, addresses and numbers get into them. */
export function fill(templates: Templates, name: TemplateName, data: object): string {
  return eta.renderString(templates[name], data);
}
