/** Numbers and elements as the page shows them. */

const UNITS = ['', 'k', 'M', 'G', 'T'];

/** `999`, `1.2k`, `34M`: at most three digits and a unit. */
export function short(value: number): string {
  let unit = 0;
  let left = value;
  while (left >= 999.5 && unit < UNITS.length - 1) {
    left /= 1000;
    unit++;
  }
  const digits = unit === 0 && Number.isInteger(left) ? 0 : left < 9.95 ? 1 : 0;
  return `${left.toFixed(digits)}${UNITS[unit] ?? ''}`;
}

export const whole = (value: number): string => value.toLocaleString('en').replaceAll(',', '\u202f');

export const counted = (count: number, what: string): string =>
  `${whole(count)} ${what}${count === 1 ? '' : 's'}`;

type Attributes = Readonly<Record<string, string>>;

/** An element with text or others in it; never with markup. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Only where it is another: a page of many cells is drawn anew for each that is written to. */
export function write(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

export function byId<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`no ${id}`);
  return found;
}
