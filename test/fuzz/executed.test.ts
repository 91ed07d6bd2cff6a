/** What is rendered of labs that nobody thought of, run by the real tools: it makes the lab, and does nothing else. */
import test from 'ava';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Lab } from '../../src/model/lab.js';
import { linkTroubles } from '../../src/drivers/netns/links.js';
import { renderScripts } from '../../src/render/scripts.js';
import { readTemplates } from '../../src/transport/assets.js';
import { isRoot } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { changes, Guests, noGuests } from '../helpers/guests.js';
import { guardMachine } from '../helpers/machine.js';
import { resolveText } from '../helpers/topologies.js';
import { unless } from '../helpers/unless.js';
import { canaries } from './canaries.js';
import { FILES, someLabs } from './labs.js';

guardMachine(test);

/** More of them for a longer run. */
const MANY = Number(process.env['LABNET_FUZZ_LABS'] ?? 60);
const SEED = Number(process.env['LABNET_FUZZ_SEED'] ?? 1);
const UP = Math.ceil(MANY / 10);

const templates = readTemplates();
const own = [...(isRoot ? [] : ['--user', '--map-root-user']), '--net', '--mount', '--'];

function write(folder: string, lab: Lab): void {
  for (const { path, text } of renderScripts(lab, templates)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** In namespaces made for it, with programs that would tell; what is left of it is looked at. */
function run(folder: string, argv: readonly string[]): string {
  const bird = canaries();
  const cwd = temporaryFolder('executed');
  const stdout = execFileSync('unshare', [...own, ...argv], {
    cwd,
    env: bird.env,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  bird.assertSilent([...readdirSync(cwd), ...readdirSync(folder), ...readdirSync(process.cwd())]);
  return stdout;
}

/** Each file as its tool reads it, without doing it. */
const CHECK = `cd "$1" || exit
find . -type f | while read -r file; do
  case $file in
    *.v4) iptables-restore --noflush --test <"$file" ;;
    *.nft) nft -c -f "$file" ;;
    *.sh) sh -n "$file" ;;
    *) true ;;
  esac >said 2>&1 || { echo "$file"; cat said; }
done`;

test('the rules and scripts of any lab are such to the tools that read them', (t) => {
  const labs = someLabs(SEED, MANY);
  t.is(labs.length, MANY);
  const folder = temporaryFolder('rules');
  for (const [index, lab] of labs.entries()) write(join(folder, `${index}`), lab);
  const said = run(folder, ['sh', '-c', CHECK, 'sh', folder]);
  const broken = labs[Number(/^\.\/(\d+)/.exec(said)?.[1])];
  t.is(said, '', JSON.stringify(broken));
});

/** A name is asked for as programs do it. */
const OBSERVE = `here=$1; shift
for name; do ip netns exec "$name" iptables-save; ip netns exec "$name" nft list ruleset; done >"$here/rules"
for name; do
  mount --bind "$here/machines/$name/hosts" /etc/hosts
  for other; do echo "$name $other $(getent ahosts "$other" | sed -n 's/ .*//p' | sort -u | tr '\\n' ' ')"; done
  umount /etc/hosts
done
cat "$here/rules"`;

/** Whose links this kernel can make. */
const canRun = (lab: Lab): boolean => linkTroubles(lab).length === 0;

for (const [index, lab] of someLabs(SEED + 1, UP * 4, 8)
  .filter(canRun)
  .slice(0, UP)
  .entries()) {
  test(`lab ${index} of ${lab.machines.length} machines, of the file ${lab.file.replace(/[^ -~]/g, '?')}, comes up`, (t) => {
    const folder = temporaryFolder('scripts');
    // Where the scripts are is nothing that they may stumble over, either.
    const inner = join(folder, `$(touch PWNED) '";`);
    write(inner, lab);
    const names = lab.machines.map(({ name }) => name);
    const said = run(folder, ['sh', join(inner, 'lab.sh'), 'sh', '-c', OBSERVE, 'sh', inner, ...names]);
    t.notRegex(said, /^-A INPUT -j DROP|flush/m);
    for (const { name, interfaces } of lab.machines) {
      const found = new RegExp(`^${name} ${name} (.*)$`, 'm').exec(said)?.[1]?.trim().split(' ') ?? [];
      const addresses = interfaces.flatMap((one) =>
        one.addresses.map((address) => address.split('/')[0] ?? ''),
      );
      t.true(
        found.length > 0 && found.every((one) => addresses.includes(one)),
        `${name} calls itself ${found.join(' ')}`,
      );
    }
  });
}

const WORDS = [
  'hosts',
  'code',
  'version',
  'END',
  'LABNET-FILE',
  'all',
  'default',
  'lo',
  'rules',
  'main',
  'unreachable',
];

unless(noGuests())('a machine becomes part of a lab with any names, and what it was before', async (t) => {
  const text = JSON.stringify({
    name: 'EOF',
    segments: Object.fromEntries(WORDS.map((word, index) => [word, `10.${index}.0.0/24`])),
    hosts: { constructor: 'hosts', exit: { code: 'auto' } },
    routers: {
      main: {
        interfaces: Object.fromEntries(
          WORDS.map((word) => [word, { address: 'auto', link: { rate: '90mbit', up: { loss: '1%' } } }]),
        ),
        nat: [
          { static: 'constructor', public: '198.51.100.1', via: 'all' },
          { masquerade: ['code', 'END'], via: 'default' },
          { forward: 'tcp/80', via: 'lo', to: 'exit' },
        ],
      },
    },
  });
  const { lab } = resolveText(text, `${FILES[2] ?? ''}\n-A INPUT -j DROP`);
  if (!lab) return t.fail();
  const guests = await Guests.of(lab);
  t.teardown(() => guests.end());
  for (const name of guests.names) {
    const before = await guests.state(name);
    const { code, stderr } = await guests.setup(name);
    t.is(code, 0, `${name}: ${stderr}`);
    const devices = await guests.must(name, 'ip -br address; iptables-save; cat /etc/hosts; ls /');
    for (const { segment, addresses } of lab.machines.find((one) => one.name === name)?.interfaces ?? [])
      t.regex(
        devices,
        new RegExp(`^${guests.device(name, segment)}\\S* .*${addresses[0] ?? '?'}`, 'm'),
        segment,
      );
    if (name === 'main')
      t.is(
        (await guests.must(name, 'nft list table netdev labnet; tc qdisc show')).match(/chain |tbf/g)?.length,
        4 * WORDS.length,
      );
    t.notRegex(devices, /^PWNED|^-A INPUT -j DROP/m);
    t.is((await guests.setup(name, 'remove')).code, 0);
    t.deepEqual(changes(before, await guests.state(name)), []);
  }
});
