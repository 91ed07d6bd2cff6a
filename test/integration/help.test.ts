/** Help: every command has it, laid out alike, and the example at its end runs as it stands. Tab completes words. */
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Result } from '../helpers/cli.js';
import { CLI, finished, World } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { guardMachine } from '../helpers/machine.js';
import { pathTo } from '../helpers/topologies.js';
import { unless } from '../helpers/unless.js';

guardMachine(test);

/** A folder with the examples in it and labnet on the path, as the help takes for granted. */
class Desk {
  readonly world = new World();
  readonly folder = temporaryFolder('desk');

  constructor(t: ExecutionContext) {
    t.teardown(() => this.world.end());
    cpSync(pathTo('topologies'), join(this.folder, 'topologies'), { recursive: true });
    mkdirSync(join(this.folder, 'bin'));
    writeFileSync(join(this.folder, 'bin/labnet'), `#!/bin/sh\nexec ${process.execPath} ${CLI} "$@"\n`);
    chmodSync(join(this.folder, 'bin/labnet'), 0o755);
  }

  run(shell: string, ...args: readonly string[]): Promise<Result> {
    const { env } = this.world;
    const PATH = `${join(this.folder, 'bin')}:${env['PATH'] ?? ''}`;
    const options = { cwd: this.folder, env: { ...env, PATH } };
    return finished(spawn(shell, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  async help(...command: readonly string[]): Promise<Help> {
    const { code, stdout } = await this.run('labnet', ...command, '--help');
    if (code !== 0) throw new Error(`${command.join(' ')}: ${stdout}`);
    const listed = [...stdout.matchAll(/^ {2}([a-z]+)(?: [[<]\S.*?)? {2,}\S/gm)].map(([, name = '']) => name);
    return {
      command: command.join(' '),
      text: stdout,
      example: /\n\nExample:\n {2}\$ (.*)\n/.exec(stdout)?.[1] ?? '',
      commands: stdout.includes('[command]') ? listed.filter((name) => name !== 'help') : [],
    };
  }
}

type Help = {
  readonly command: string;
  readonly text: string;
  readonly example: string;
  readonly commands: readonly string[];
};

async function everyHelp(desk: Desk): Promise<readonly Help[]> {
  const program = await desk.help();
  const commands = await Promise.all(program.commands.map((name) => desk.help(name)));
  const below = await Promise.all(
    commands.flatMap(({ command, commands: names }) => names.map((name) => desk.help(command, name))),
  );
  return [program, ...commands, ...below];
}

test('the help of every command has the same form', async (t) => {
  const all = await everyHelp(new Desk(t));
  t.true(all.length > 35, `${all.length}`);
  for (const { command, text, example, commands } of all) {
    t.regex(example, /labnet/, command);
    if (command === '') continue;
    const [, usage = '', about = ''] = /^Usage: (.*)\n\n((?:.+\n)+)/.exec(text) ?? [];
    t.true(usage.startsWith(`labnet ${command}`), command);
    t.regex(about, /^[a-z][^]*[^.]\n$/, `${command}: begins small, ends without a full stop`);
    if (commands.length > 0 || command === 'completion') continue;
    t.regex(text, /\n\nOptions of every command:\n {2}--json [^]*--help /, command);
  }
});

test('a command line that cannot be read is bad input, and says where to look', async (t) => {
  const desk = new Desk(t);
  for (const [words, place] of [
    ['up --bogus', 'labnet up'],
    ['nat probe --bogus', 'labnet nat probe'],
    ['link set', 'labnet link set'],
    ['completion', 'labnet completion'],
    ['bogus', 'labnet'],
  ] as const) {
    const { code, stderr } = await desk.run('labnet', ...words.split(' '));
    t.is(code, 2, words);
    t.regex(stderr, new RegExp(`\\(see '${place} --help'\\)`), words);
  }
});

/** The lab in which each group of examples is meant to run; those that bring up their own have none. */
const EXAMPLES: readonly (readonly [lab: string, prepare: string, commands: RegExp])[] = [
  [
    '',
    '',
    /^(|up|plan|list|init|validate|render|graph|schema|doctor|completion|nat list|nat matrix|run|link presets)$/,
  ],
  ['virtual-wan', '', /^(verify|status|exec|shell|capture|watch|down)$/],
  ['virtual-wan', 'labnet verify --bundle run.tar.gz', /^replay$/],
  ['carrier-grade', '', /^(trace|nat|nat (probe|set|flush))$/],
  ['two-homes', '', /^(link|link (show|set|reset|down|up|partition|heal))$/],
];

/** These go on until they are told to stop, and end with these codes then. */
const ENDLESS: Readonly<Record<string, number>> = { capture: 0, watch: 130 };

for (const [lab, prepare, meant] of EXAMPLES)
  test(`the examples in the help run${lab === '' ? '' : `, in ${lab}`}${prepare && ', prepared'}`, async (t) => {
    t.timeout(400_000);
    const desk = new Desk(t);
    // What takes the lab down comes last.
    const helps = (await everyHelp(desk))
      .filter(({ command }) => meant.test(command))
      .sort((a, b) => Number(a.command === 'down') - Number(b.command === 'down'));
    t.true(helps.length > 0);
    const before = [lab && `labnet up topologies/${lab}.yaml`, prepare].filter((one) => one !== '');
    for (const line of before) t.is((await desk.run('bash', '-c', line)).code, 0, line);
    for (const { command, example } of helps) {
      const line = command in ENDLESS ? `timeout --preserve-status --signal INT 10 ${example}` : example;
      const { code, stderr } = await desk.run('bash', '-c', line);
      t.is(code, ENDLESS[command] ?? 0, `${example}\n${stderr}`);
    }
  });

test('every example is among those that run', async (t) => {
  for (const { command } of await everyHelp(new Desk(t)))
    t.true(
      EXAMPLES.some(([, , meant]) => meant.test(command)),
      command,
    );
});

/** What bash offers for the last of the words. */
const OFFERED = `source <(labnet completion bash)
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _labnet; printf '%s\\n' "\${COMPREPLY[@]}"`;

test('Tab completes commands, options, labs, machines and files in bash, without more than bash', async (t) => {
  const desk = new Desk(t);
  t.is((await desk.run('labnet', 'up', 'topologies/virtual-wan.yaml')).code, 0);
  const offered = async (...words: readonly string[]): Promise<string[]> => {
    const { code, stdout, stderr } = await desk.run(
      'bash',
      '--norc',
      '-c',
      OFFERED,
      'bash',
      'labnet',
      ...words,
    );
    t.is(`${code} ${stderr}`, '0 ');
    return stdout.trim().split('\n');
  };
  t.deepEqual(await offered('ver'), ['verify']);
  t.deepEqual(await offered('nat', 'fl'), ['flush']);
  t.deepEqual(await offered('up', '--dri'), ['--driver']);
  t.deepEqual(await offered('down', ''), ['virtual-wan']);
  t.deepEqual((await offered('exec', 'p')).sort(), ['peerA', 'peerB', 'proxyA', 'proxyB']);
  t.deepEqual(await offered('nat', 'probe', ''), ['router']);
  t.true((await offered('up', '')).includes('topologies/virtual-wan.yaml'));
  // A folder behind a link is a folder; one that is closed, or a link to nowhere, is passed over.
  t.is(
    (await desk.run('sh', '-c', 'ln -s topologies linked; ln -s nowhere lost; mkdir -m 0 closed')).code,
    0,
  );
  t.true((await offered('up', 'linked/')).includes('linked/virtual-wan.yaml'));
  t.deepEqual((await offered('completion', '')).sort(), ['bash', 'fish', 'zsh']);
  // Files are readline's to offer.
  t.deepEqual(await offered('replay', 'a'), ['']);
  // What somebody has typed is no program.
  await offered('exec', '$(touch typed)');
  t.false((await desk.run('test', '-e', 'typed')).code === 0);
});

for (const [shell, check] of [
  ['zsh', 'autoload -U compinit && compinit -u -D; source <(labnet completion zsh); whence -w _labnet'],
  ['fish', 'labnet completion fish | source; complete -C "labnet ver"'],
] as const)
  unless(spawnSync(shell, ['--version']).status === 0 ? '' : `no ${shell} here`)(
    `Tab completes in ${shell}`,
    async (t) => {
      const { code, stdout, stderr } = await new Desk(t).run(shell, '-c', check);
      t.is(code, 0, stderr);
      t.regex(stdout, /_labnet: function|verify/);
    },
  );
