/** A name is nothing but a name: with others in its place, everything that is rendered is the same but for them. */
import test from 'ava';
import fc from 'fast-check';
import type { Lab } from '../../src/model/lab.js';
import { render } from '../../src/apply/render.js';
import { hasPortControl } from '../../src/model/view.js';
import { resolveText } from '../helpers/topologies.js';
import { assemble } from './assemble.js';
import { draft, names } from './topologies.js';

/** Of a length at which the kernel takes them as they are; what it, or every machine, calls something of its own is left out. */
const isPlain = (word: string): boolean => /^.{5,9}$/.test(word) && !/^(default|eth\d|localhost$)/.test(word);

const words = names.map((all) =>
  all.map((word, index) => (isPlain(word) ? word : `${word.slice(0, 5)}-n${index}`)),
);

/**
 * Of the same length and in the same order, as both may be seen in what is rendered: names are cut to fit the kernel, and
 * of two ways that are as short the router's name decides.
 */
function neutral(all: readonly string[]): ReadonlyMap<string, string> {
  const sorted = [...new Set(all)].sort();
  return new Map(
    sorted.map((word, index) => [word, `Qz${String.fromCharCode(97 + index)}`.padEnd(word.length, 'q')]),
  );
}

/** Where one name begins like another, their order depends on what is behind. */
const areApart = (all: readonly string[]): boolean =>
  all.every((one) =>
    all.every((other) => one === other || !other.toLowerCase().startsWith(one.toLowerCase())),
  );

/** What is made of names by hashing them. */
const withoutHashes = (text: string): string =>
  text
    .replace(/\b02(:[0-9a-f]{2}){5}\b/g, 'MAC')
    .replace(/\b02[0-9a-f]{10}\b/g, 'MAC')
    .replace(/~[0-9a-z]{5}\b/g, '~HASH')
    .replace(/\blink_[0-9a-f]{12}\b/g, 'link_HASH')
    .replace(/\blabnet[0-9a-f]{8}\b/g, 'labnetHASH')
    .replace(/\b[0-9a-f]{32}\b/g, 'VERSION');

async function textsOf(lab: Lab): Promise<string> {
  const isForNamespaces = lab.machines.some(hasPortControl);
  const drivers = isForNamespaces ? ['netns'] : ['netns', 'ssh', 'vagrant'];
  const texts: string[] = [];
  for (const driver of drivers)
    for (const { path, text } of await render(lab, { driver })) texts.push(`${path}\n${text}`);
  return withoutHashes(texts.join('\n'));
}

/** The first line that is not the same. */
function difference(text: string, other: string): string | undefined {
  const [lines, others] = [text.split('\n'), other.split('\n')];
  const at = lines.findIndex((line, index) => line !== others[index]);
  return at < 0 ? undefined : `${lines[at] ?? ''} | ${others[at] ?? ''}`;
}

const labOf = (one: Parameters<typeof assemble>[0], all: readonly string[]): Lab | undefined => {
  const bare = { ...one, hosts: one.hosts.map((host) => ({ ...host, provision: undefined })) };
  const routers = bare.routers.map((router) => ({ ...router, provision: undefined }));
  return resolveText(JSON.stringify(assemble({ ...bare, routers }, all))).lab;
};

test('what is rendered does not depend on what things are called', async (t) => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(draft, words.filter(areApart), async (one, all) => {
      const others = neutral(all);
      const back = new Map([...others].map(([word, other]) => [other, word]));
      const [lab, twin] = [
        labOf(one, all),
        labOf(
          one,
          all.map((word) => others.get(word) ?? ''),
        ),
      ];
      t.is(lab === undefined, twin === undefined, JSON.stringify(assemble(one, all)));
      if (!lab || !twin || lab.machines.length > 12) return;
      compared++;
      const renamed = (await textsOf(twin)).replace(/Qz[a-z]q*/g, (other) => back.get(other) ?? other);
      t.is(difference(await textsOf(lab), renamed), undefined, JSON.stringify(assemble(one, all)));
    }),
    {
      numRuns: Number(process.env['LABNET_FUZZ_NAMES'] ?? 150),
      seed: Number(process.env['LABNET_FUZZ_SEED'] ?? 1),
    },
  );
  t.true(compared > 20, `${compared} labs`);
});
