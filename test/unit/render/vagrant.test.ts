/** What is rendered for virtual machines: a golden file for some examples, Ruby that is Ruby, and data that is but data. */
import test from 'ava';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { viewOf } from '../../../src/model/view.js';
import { guestScript } from '../../../src/render/guest.js';
import { rubyLiteral } from '../../../src/render/ruby.js';
import { provisionFiles, renderVagrant } from '../../../src/render/vagrant.js';
import { findTool } from '../../../src/sys/tools.js';
import { readTemplates } from '../../../src/transport/assets.js';
import { temporaryFolder } from '../../helpers/folder.js';
import { golden } from '../../helpers/golden.js';
import { brief, EXAMPLES, labOf, read, resolveText } from '../../helpers/topologies.js';
import { unless } from '../../helpers/unless.js';

const templates = readTemplates();
const options = { templates, hash: () => 'VERSION' };
const ruby = findTool('ruby');
const withRuby = unless(ruby === undefined ? 'no ruby here, which comes with vagrant' : '');

function rendered(name: string) {
  const { lab } = resolveText(read(`topologies/${name}.yaml`), `topologies/${name}.yaml`);
  if (!lab) throw new Error(name);
  return renderVagrant(lab, '', options);
}

/** What is the same in every script is in the golden file of a template once. */
const shortened = (text: string): string =>
  text
    .replace(templates['guest-network-code.sh'], '(guest-network-code.sh)\n')
    .replace(templates['guest-code.sh'], '(guest-code.sh)\n');

for (const name of ['virtual-wan', 'two-homes', 'dmz', 'router-chain', 'lossy-mobile']) {
  test(`golden: ${name}`, (t) => {
    const parts = rendered(name).map(({ path, text }) => `### ${path}\n${shortened(text)}`);
    golden(t, `rendered-vagrant/${name}.txt`, parts.join('\n'));
  });
}

for (const name of EXAMPLES) {
  withRuby(`${name}: the Vagrantfile is Ruby, and the scripts are shell`, (t) => {
    const folder = temporaryFolder('vagrant');
    for (const { path, text } of rendered(name)) {
      const file = join(folder, path.replaceAll('/', '_'));
      writeFileSync(file, text);
      t.notThrows(() =>
        path === 'Vagrantfile'
          ? execFileSync(ruby ?? '', ['-c', file], { stdio: 'pipe' })
          : execFileSync('sh', ['-n', file], { stdio: 'pipe' }),
      );
    }
  });
}

const WITH_SETTINGS = `name: x
segments: { lan: 10.0.0.0/24 }
vagrant: { memory: 1024, libvirt: { driver: qemu, kernel: "/boot/it's #{1+1}" } }
hosts:
  a: { lan: auto, provision: [../tools/setup.sh, more.sh] }
  b: { lan: auto, vagrant: { memory: 2048, box: debian/x, virtualbox: { gui: true, list: [1, { k: null }] } } }`;

test("defaults are written once, a machine's own beside it, and settings of a provider as literals", (t) => {
  const [file] = renderVagrant(labOf(WITH_SETTINGS), '', options);
  const text = file?.text ?? '';
  t.is(text.match(/libvirt\.driver = 'qemu'/g)?.length, 1);
  t.true(text.includes(`libvirt.kernel = '/boot/it\\'s #{1+1}'`));
  t.true(text.includes(`      virtualbox.memory = 2048\n`));
  t.true(text.includes(`    machine.vm.box = 'debian/x'\n`));
  t.true(text.includes(`      virtualbox.gui = true\n      virtualbox.list = [1, { 'k' => nil }]\n`));
  t.true(text.includes(`machine.vm.provision 'shell', path: 'machines/a/provision-2.sh'`));
});

test('what a provider is told in its own words comes before what all are told', (t) => {
  const lab = labOf(`name: x
segments: { lan: 10.0.0.0/24 }
hosts:
  a: { lan: auto, vagrant: { memory: 512, libvirt: { memory: 1024 } } }
  b: { lan: auto, vagrant: { memory: 1024, libvirt: { memory: 512 } } }`);
  const text = renderVagrant(lab, '', options)[0]?.text ?? '';
  t.deepEqual(text.match(/(virtualbox|libvirt)\.memory = \d+/g), [
    'virtualbox.memory = 512',
    'libvirt.memory = 1024',
    'virtualbox.memory = 1024',
    'libvirt.memory = 512',
  ]);
});

test("the topology's own scripts are named with the place they come from", (t) => {
  t.deepEqual(provisionFiles(labOf(WITH_SETTINGS)), [
    { machine: 'a', path: 'machines/a/provision-1.sh', source: '../tools/setup.sh' },
    { machine: 'a', path: 'machines/a/provision-2.sh', source: 'more.sh' },
  ]);
});

test('a setting that is no name is a mistake of the file', (t) => {
  const { diagnostics } = resolveText(WITH_SETTINGS.replace('driver:', '"x = 1; system":'));
  t.deepEqual(brief(diagnostics), ['wrong-value 3:37']);
});

const NASTY = [
  "it's",
  '#{exit 1}',
  '\\',
  "\\'",
  'a\nb',
  '"',
  '\u001b[31m',
  'ü €',
  '\u{1f600}',
  '$x #@y #$z',
  '',
];

withRuby(`Ruby reads every literal as the text it was made of`, (t) => {
  const script = `require 'json'; print JSON.generate(${rubyLiteral(NASTY)})`;
  t.deepEqual(JSON.parse(execFileSync(ruby ?? '', ['-e', script], { encoding: 'utf8' })), NASTY);
});

test("a version is of the text it is in, and the rules' comments lead to the file", (t) => {
  const lab = labOf(read('topologies/virtual-wan.yaml'));
  const view = viewOf(lab);
  const [router, host] = lab.machines;
  if (!router || !host) throw new Error('no machines');
  const { text, version } = guestScript(view, router, { templates, hash: (all) => `v${all.length}` });
  t.true(text.includes(`version='${version}'`));
  t.is(text.match(/^# lab\.yaml:\d+ static: proxy/gm)?.length, 2);
  t.false(text.includes('@:version:@'));
  t.true(text.includes('-o @intnetA@'));
  t.throws(() => guestScript(view, host, { templates, hash: () => "'; reboot" }), {
    message: /not a version/,
  });
});

test('segments may be called as the places where a script is put together', (t) => {
  const names = ['code', 'hosts', 'version'];
  const lab = labOf(`name: x
segments: { code: 10.0.0.0/24, hosts: 10.1.0.0/24, version: 10.2.0.0/24 }
routers: { r: { code: auto, hosts: auto, version: auto, nat: [{ masquerade: code, via: hosts }] } }`);
  const [router] = lab.machines;
  const { text } = guestScript(viewOf(lab), router ?? never(), options);
  for (const name of names) t.regex(text, new RegExp(`^@${name}@ 10\\.\\d\\.0\\.1/24 `, 'm'));
});

function never(): never {
  throw new Error('no machine');
}
