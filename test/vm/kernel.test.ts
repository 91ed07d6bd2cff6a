/** labnet on another kernel than this machine's: Debian's stock one, as root and as an ordinary user of that machine. */
import test from 'ava';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { World } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';
import { examplePath } from '../helpers/topologies.js';
import { unless } from '../helpers/unless.js';
import { AS_USER, runInGuest, whyNoKernel } from './kernel.js';

guardMachine(test);

const run = unless(whyNoKernel());

const SCRIPT = `
cat /proc/sys/kernel/osrelease >/run/test/kernel
round() { # NAME COMMAND… – a lab up, proven and gone
  name=$1; shift
  "$@" node dist/src/cli.js up topologies/virtual-wan.yaml --json >/dev/null; up=$?
  "$@" node dist/src/cli.js verify --json >"/run/test/$name.verify"; verify=$?
  "$@" node dist/src/cli.js down --json >/dev/null; echo "$up $verify $?" >"/run/test/$name.status"
}
round root env
round user ${AS_USER}
ip -o link | wc -l >/run/test/links
`;

run("a lab is brought up, proven and gone on Debian's stock kernel, as root and as a user", async (t) => {
  const { read } = await runInGuest(SCRIPT, {}, 600_000);
  t.regex(read('kernel'), /-amd64/);
  for (const who of ['root', 'user']) {
    const { passed, failed } = JSON.parse(read(`${who}.verify`)) as { passed: number; failed: number };
    t.deepEqual({ passed, failed }, { passed: 13, failed: 0 }, who);
    t.is(read(`${who}.status`), '0 0 0\n', 'exit codes of up, verify and down');
  }
  t.is(read('links').trim(), '1', 'no more than the loopback interface in the guest itself');
});

type Replayed = { readonly equal: boolean; readonly parts: readonly Part[] };
type Part = {
  readonly part: string;
  readonly same: number;
  readonly differs: readonly { readonly what: string }[];
};

run(
  'a bundle of this machine is replayed on another kernel: the same verdicts, other versions',
  async (t) => {
    const world = new World();
    t.teardown(() => world.end());
    const file = join(temporaryFolder('bundle'), 'run.tar.gz');
    t.is((await world.run('up', examplePath('two-homes'))).code, 0);
    t.is((await world.run('verify', '--bundle', file)).code, 0);
    const { read } = await runInGuest(
      'node dist/src/cli.js replay /run/test/run.tar.gz --json >/run/test/replay; echo $? >/run/test/status',
      { 'run.tar.gz': readFileSync(file) },
      600_000,
    );
    const { equal, parts } = JSON.parse(read('replay')) as Replayed;
    t.is(read('status'), '0\n');
    t.true(equal);
    const differing = parts.filter(({ differs }) => differs.length > 0).map(({ part }) => part);
    // How many connections a kernel tracks follows from its memory.
    t.deepEqual(
      differing.filter((part) => part !== 'settings'),
      ['versions'],
    );
    t.true(parts.find(({ part }) => part === 'versions')?.differs.some(({ what }) => what === 'kernel'));
  },
);
