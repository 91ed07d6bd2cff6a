/** Reads SVG as strictly as XML is: what is not well-formed throws. Enough of XML for what labnet writes. */

export type Element = {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
};

const TOKEN = /<\/([a-z]+)>|<([a-z]+)((?: [\w:-]+="[^"<]*")*)(\/?)>|([^<]+)/gy;

export function parseSvg(source: string): Element {
  const top: Element = { name: '', attributes: {}, children: [], text: '' };
  const open = [top];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const at = TOKEN.lastIndex;
    const [, end, start, attributes = '', empty, text] = TOKEN.exec(source) ?? [];
    const current = open.at(-1) ?? top;
    if (end !== undefined) {
      if (open.pop()?.name !== end) throw new Error(`</${end}> ends something else`);
    } else if (start !== undefined) {
      const element: Element = { name: start, attributes: attributesOf(attributes), children: [], text: '' };
      current.children.push(element);
      if (empty === '') open.push(element);
    } else if (text !== undefined) current.text += unescaped(text);
    else throw new Error(`no XML: ${source.slice(at, at + 60)}`);
  }
  const [root] = top.children;
  if (open.length !== 1 || !root || top.children.length !== 1) throw new Error('not one whole element');
  return root;
}

export const everyElement = (element: Element): Element[] => [
  element,
  ...element.children.flatMap(everyElement),
];

function attributesOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/ ([\w:-]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [
    name,
    unescaped(value),
  ]);
  const names = pairs.map(([name]) => name);
  if (new Set(names).size !== names.length) throw new Error(`an attribute twice: ${text}`);
  return Object.fromEntries(pairs) as Record<string, string>;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

function unescaped(text: string): string {
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(text)) throw new Error('a character that XML has not');
  return text.replace(/&([^;]*);?/g, (whole, name: string) => {
    const found = ENTITIES[name];
    if (found === undefined) throw new Error(`no entity: ${whole}`);
    return found;
  });
}
