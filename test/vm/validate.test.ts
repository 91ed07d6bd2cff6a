/** Every example's Vagrantfile is one that Vagrant loads, for both providers. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { World } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { EXAMPLES, examplePath, pathTo } from '../helpers/topologies.js';
import { unless } from '../helpers/unless.js';
import { VmHost } from './host.js';

const run = unless(VmHost.whyNot());

/** VirtualBox itself is not here. */
const PROVIDERS = { libvirt: [], virtualbox: ['--ignore-provider'] } as const;

/** One that has to be found out. */
const BAD = `Vagrant.configure('2') { |config| config.vm.bax = 'none' }\n`;

run('every example is a good Vagrantfile', async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  const cwd = temporaryFolder('vagrantfiles');
  await using host = await VmHost.start();
  const rendered: string[] = [];
  for (const name of EXAMPLES) {
    const args = ['render', examplePath(name), '--driver', 'vagrant', '--out', join(cwd, name)];
    const { code, stderr } = await world.run(...args);
    t.is(code, 0, `${name}: ${stderr}`);
    rendered.push(name);
  }
  copyFileSync(pathTo('test/vm/validate.rb'), join(cwd, 'Vagrantfile'));
  mkdirSync(join(cwd, 'bad'));
  writeFileSync(join(cwd, 'bad', 'Vagrantfile'), BAD);
  const folders = [...rendered, 'bad'].map((name) => join(cwd, name));
  const expected = [...rendered.map((name) => `${join(cwd, name)}: 0`), `${join(cwd, 'bad')}: 1`];
  const validate = async ([provider, options]: readonly [string, readonly string[]]): Promise<void> => {
    const env = { VAGRANT_DEFAULT_PROVIDER: provider };
    const argv = ['vagrant', 'validate-all', ...options, ...folders];
    const { stdout, stderr } = await host.run(argv, { cwd, env });
    const codes = stdout.split('\n').filter((line) => /^\/.*: \d+$/.test(line));
    t.deepEqual(codes, expected, `${provider}: ${stdout}${stderr}`);
    t.regex(stdout, /settings shouldn't exist: bax/);
  };
  await Promise.all(Object.entries(PROVIDERS).map(validate));
});
