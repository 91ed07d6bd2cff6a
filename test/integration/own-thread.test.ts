/** Root's lab is made in the command's own thread, which comes back from it; where it could not, in another. */
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { noRoot, World } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';
import { unless } from '../helpers/unless.js';

guardMachine(test);

const asRoot = unless(noRoot);

const TOPOLOGY = `name: own
segments: { lan: 10.0.0.0/24, wan: 203.0.113.0/24 }
hosts: { inside: { lan: auto }, outside: { wan: auto } }
routers:
  router:
    interfaces: { lan: auto, wan: auto }
    nat: [{ masquerade: lan, via: wan }]
`;

/** Records in /run, where a lab has a file system of its own: who had stayed there would write into that. */
function worldIn(t: ExecutionContext): World {
  const world = new World('self', [], mkdtempSync('/run/labnet-test-'));
  t.teardown(() => world.end());
  return world;
}

function topologyFile(): string {
  const file = join(temporaryFolder('own'), 'own.yaml');
  writeFileSync(file, TOPOLOGY);
  return file;
}

type Timing = { readonly timing: Readonly<Record<'phases' | 'engine', Readonly<Record<string, number>>>> };

/** @param through a command line that runs the one behind it */
async function up(
  t: ExecutionContext,
  world: World,
  ...through: readonly string[]
): Promise<Timing['timing']> {
  const { timing } = (await world
    .through(...through)
    .json('up', topologyFile(), '--json', '--timing')) as Timing;
  const { labs } = (await world.json('list', '--json')) as { labs: readonly { name: string }[] };
  t.deepEqual(
    labs.map(({ name }) => name),
    ['own'],
  );
  return timing;
}

asRoot(
  'the command comes back from its lab before it writes it down, and to its working directory',
  async (t) => {
    const world = worldIn(t);
    const { phases, engine } = await up(t, world);
    t.true('namespaces' in phases && !('namespaces' in engine));
    await world.run('down');
    const folder = temporaryFolder('own');
    writeFileSync(join(folder, 'own.yaml'), TOPOLOGY);
    const there = world.through('env', `--chdir=${folder}`);
    const proven = await there.run('up', 'own.yaml', '--verify');
    t.is(proven.code, 0, proven.stderr);
    t.regex(proven.stdout, /checks passed/);
  },
);

asRoot('in a root of its own the command comes back to that', async (t) => {
  const world = worldIn(t);
  const root = temporaryFolder('root');
  const script = 'mount --rbind / "$1" && root=$1 && shift && exec chroot "$root" "$@"';
  const { phases } = await up(t, world, 'unshare', '--mount', 'sh', '-c', script, 'sh', root);
  t.true('namespaces' in phases);
});

asRoot('where it may not come back, another thread makes the lab', async (t) => {
  const world = worldIn(t);
  const { phases, engine } = await up(t, world, 'unshare', '--user', '--map-root-user', '--');
  t.true('namespaces' in engine && !('namespaces' in phases));
});
