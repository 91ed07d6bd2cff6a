/** Fills in the templates, whose texts the caller has read. */
import { Eta } from 'eta';

export type TemplateName =
  | 'lab.sh'
  | 'apply.sh'
  | 'guest.sh'
  | 'guest-code.sh'
  | 'guest-ports.sh'
  | 'guest-links.sh'
  | 'guest-network.sh'
  | 'guest-network-code.sh'
  | 'guest-network-ports.sh'
  | 'port-control.pl'
  | 'Vagrantfile';
/** The text of each template, by name. */
export type Templates = Readonly<Record<TemplateName, string>>;

const eta = new Eta({ autoEscape: false, autoTrim: [false, 'nl'], useWith: false });

/** Compiled once: a large lab fills the same template a thousand times. */
const compiled = new Map<string, ReturnType<typeof eta.compile>>();

/** Shell scripts and rule files have no markup to escape: only names, addresses and numbers get into them. */
export function fill(templates: Templates, name: TemplateName, data: object): string {
  const text = templates[name];
  const template = compiled.get(text) ?? eta.compile(text);
  compiled.set(text, template);
  return template.call(eta, data);
}
