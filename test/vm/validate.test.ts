/** Every example's Vagrantfile is one that Vagrant loads, for both providers. */
import test from 'ava';
import { join } from 'node:path';
import { World } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { EXAMPLES, examplePath } from '../helpers/topologies.js';
import { VmHost } from './host.js';

const why = VmHost.whyNot();
const run = why === undefined ? test : test.skip;

run(`every example is a good Vagrantfile${why === undefined ? '' : ` (skipped: ${why})`}`, async (t) => {
  const world = new World();
  t.teardown(() => world.end());
  const folder = temporaryFolder('vagrantfiles');
  await using host = await VmHost.start();
  for (const name of EXAMPLES) {
    const cwd = join(folder, name);
    const args = ['render', examplePath(name), '--driver', 'vagrant', '--out', cwd];
    t.is((await world.run(...args)).code, 0);
    const libvirt = await host.run(['vagrant', 'validate'], { cwd });
    t.is(libvirt.code, 0, `${name}: ${libvirt.stdout}${libvirt.stderr}`);
    // VirtualBox itself is not here.
    const virtualbox = await host.run(['vagrant', 'validate', '--ignore-provider'], {
      cwd,
      env: { VAGRANT_DEFAULT_PROVIDER: 'virtualbox' },
    });
    t.is(virtualbox.code, 0, `${name}: ${virtualbox.stdout}${virtualbox.stderr}`);
  }
});
