/** Ruby evaluates Vagrantfiles made of whatever a topology lets through: it is asked for what the lab says, and for nothing else. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from '../../src/model/lab.js';
import { renderVagrant, setupPath } from '../../src/render/vagrant.js';
import { guestOptions } from '../../src/drivers/remote/scripts.js';
import { findTool } from '../../src/sys/tools.js';
import { temporaryFolder } from '../helpers/folder.js';
import { labOf, pathTo } from '../helpers/topologies.js';
import { unless } from '../helpers/unless.js';
import { canaries } from './canaries.js';
import { someLabs } from './labs.js';
import { EVIL } from './words.js';

type Call = {
  readonly at: readonly unknown[];
  readonly call: string;
  readonly arguments: readonly unknown[];
};
type Evaluated = {
  readonly calls: readonly Call[];
  readonly forbidden: readonly string[];
  readonly error?: string;
};

const ruby = findTool('ruby');
const real = unless(ruby === undefined ? 'no ruby here, which comes with vagrant' : '');

const MANY = Number(process.env['LABNET_FUZZ_LABS'] ?? 150);

const fileOf = (lab: Lab): string => renderVagrant(lab, '', guestOptions())[0]?.text ?? '';

/** In a folder of their own, with programs that would tell. */
function evaluate(texts: readonly string[]): readonly Evaluated[] {
  const folder = temporaryFolder('vagrantfiles');
  const bird = canaries();
  const files = texts.map((text, index) => {
    const path = join(folder, `Vagrantfile-${index}`);
    writeFileSync(path, text);
    return path;
  });
  const cwd = join(folder, 'empty');
  mkdirSync(cwd);
  const stdout = execFileSync(ruby ?? '', [pathTo('test/fuzz/vagrantfile.rb'), ...files], {
    cwd,
    env: bird.env,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  bird.assertSilent([...readdirSync(cwd), ...readdirSync(folder)]);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Evaluated);
}

/** What Ruby has no word for is nil. */
const asRuby = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** What a machine ends up with, where it says something itself and where all of them do. */
function settingsOf(calls: readonly Call[], machine: string): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const { at, call, arguments: values } of calls) {
    // vm[.PROVIDER] for all of them, vm.MACHINE.vm[.PROVIDER] for one.
    const isMine = at[2] === 'vm' ? at[1] === machine : at.length <= 2;
    if (isMine && call.endsWith('=')) found[`${String(at.at(-1))}.${call.slice(0, -1)}`] = values[0];
  }
  for (const own of OWN) Reflect.deleteProperty(found, own);
  return found;
}

/** Of the template itself. */
const OWN = ['libvirt.default_prefix', 'vm.guest'];

function expected({ vagrant = {} }: Lab['machines'][number]): Record<string, unknown> {
  const { box = 'bento/debian-12', memory = 512, cpus = 1, virtualbox = {}, libvirt = {} } = vagrant;
  const of = (provider: string, settings: object): [string, unknown][] =>
    Object.entries({ memory, cpus, ...settings }).map(([key, value]) => [`${provider}.${key}`, value]);
  return Object.fromEntries([['vm.box', box], ...of('virtualbox', virtualbox), ...of('libvirt', libvirt)]);
}

real('Ruby gets each setting as the topology has it, and runs nothing', (t) => {
  const labs = someLabs(1, MANY);
  t.is(labs.length, MANY);
  for (const [index, { calls = [], forbidden = [], error }] of evaluate(labs.map(fileOf)).entries()) {
    const lab = labs[index];
    t.is(error, undefined, JSON.stringify(lab));
    t.deepEqual(forbidden, [], JSON.stringify(lab));
    for (const machine of lab?.machines ?? []) {
      t.deepEqual(settingsOf(calls, machine.name), asRuby(expected(machine)), JSON.stringify(machine));
    }
  }
});

real('text of any kind is text for Ruby: as a box, a setting, a key, and the name of a script', (t) => {
  const texts = EVIL.filter((text) => !/[\ud800-\udfff]/.test(text) || text === '💥');
  const nested = texts.map((text) => ({ [text]: [text, { x: text }] }));
  const lab = labOf(
    JSON.stringify({
      name: 'x',
      segments: { lan: '10.0.0.0/24' },
      hosts: Object.fromEntries(
        texts.map((text, index) => [
          `h${index}`,
          { lan: 'auto', provision: [text], vagrant: { box: text, libvirt: { a: text, b: nested[index] } } },
        ]),
      ),
    }),
  );
  const [{ calls, forbidden, error } = { calls: [], forbidden: [], error: 'nothing' }] = evaluate([
    fileOf(lab),
  ]);
  t.is(error, undefined);
  t.deepEqual(forbidden, []);
  for (const [index, text] of texts.entries()) {
    const settings = settingsOf(calls, `h${index}`);
    t.is(settings['vm.box'], text);
    t.is(settings['libvirt.a'], text);
    t.deepEqual(settings['libvirt.b'], nested[index]);
    const scripts = calls.flatMap(({ at, call, arguments: [, options] }) =>
      at[1] === `h${index}` && call === 'provision' ? [(options as { path?: string }).path] : [],
    );
    t.deepEqual(scripts, [undefined, `machines/h${index}/provision-1.sh`, setupPath({ name: `h${index}` })]);
  }
});

real('a Vagrantfile that runs something would be noticed', (t) => {
  const [first, second] = evaluate([
    'x = "#{eval("1")}"',
    "Vagrant.configure('2') { |config| config.x = 'a' + '",
  ]);
  t.deepEqual(first?.forbidden, ['eval']);
  t.truthy(second?.error);
  t.throws(() => evaluate(['`touch PWNED`']), { message: /called: touch PWNED/ });
});
