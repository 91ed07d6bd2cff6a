/** Words that are no command: which one was probably meant, of all commands at any level. */
import type { Command as Program } from 'commander';
import { nearest } from '../core/suggest.js';

/** What other tools call it. */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  up: ['start', 'create', 'deploy', 'apply', 'launch', 'boot'],
  down: ['stop', 'destroy', 'delete', 'remove', 'rm', 'kill', 'clean', 'cleanup', 'teardown'],
  verify: ['test', 'check', 'prove'],
  validate: ['lint'],
  plan: ['diff', 'preview'],
  list: ['ls', 'ps', 'labs'],
  status: ['show', 'inspect', 'info', 'drift'],
  exec: ['ping', 'attach'],
  shell: ['ssh', 'bash', 'sh', 'enter', 'console', 'login', 'connect'],
  capture: ['tcpdump', 'sniff', 'pcap'],
  trace: ['traceroute', 'tracepath', 'mtr'],
  run: ['scenario', 'experiment', 'simulate'],
  init: ['new', 'example'],
  render: ['generate', 'export'],
  graph: ['draw', 'dot', 'picture', 'topology', 'svg'],
  'link set': ['impair', 'netem', 'tc', 'degrade', 'delay', 'loss'],
  'link down': ['cut', 'unplug'],
  'nat list': ['presets'],
};

/** @param whole makes the program with all commands, as a command line may have loaded only its own */
export function suggestCommands(program: Program, whole: () => Program): void {
  for (const command of [program, ...program.commands].filter(({ commands }) => commands.length > 0)) {
    // Instead of the help of all, where help is asked for of a command that there is not.
    command.on('beforeHelp', ({ error }: { readonly error: boolean }) => {
      const [help, word = ''] = command.args;
      if (error && help === 'help' && isWord(word)) refuse(command, word, whole());
    });
    command.on('command:*', ([word = '']: readonly string[]) => refuse(command, word, whole()));
    // A default command takes a mistyped one for its argument, and the rest for too many.
    command.hook('preSubcommand', ({ args: [word = '', next = '-'], commands }) => {
      const isCommand = commands.some((one) => one.name() === word);
      if (!isCommand && isWord(word) && isWord(next)) refuse(command, word, whole());
    });
  }
}

const isWord = (text: string): boolean => text !== '' && !text.startsWith('-');

function refuse(command: Program, word: string, whole: Program): never {
  const meant = meantBy(word, pathsOf(whole), pathOf(command)).map((path) => `'labnet ${path}'`);
  const hint = meant.length > 0 ? `\n(did you mean ${meant.join(' or ')}?)` : '';
  return command.error(`error: unknown command '${word}'${hint}`, { code: 'commander.unknownCommand' });
}

/**
 * @param paths all commands: `up`, `link set`
 * @param base the command that the word follows: `` or `link`
 */
export function meantBy(word: string, paths: readonly string[], base = ''): readonly string[] {
  const lower = word.toLowerCase();
  const same = paths.filter((path) => lastOf(path) === lower || SYNONYMS[path]?.includes(lower));
  if (same.length > 0) return same;
  const here = paths.filter((path) => path.split(' ').slice(0, -1).join(' ') === base);
  for (const some of [here, paths]) {
    const near = nearest(word, some.map(lastOf));
    if (near !== undefined) return some.filter((path) => lastOf(path) === near);
  }
  return [];
}

const lastOf = (path: string): string => path.split(' ').at(-1) ?? '';

const pathOf = (command: Program): string =>
  command.parent ? `${pathOf(command.parent)} ${command.name()}`.trim() : '';

const pathsOf = (program: Program): string[] =>
  program.commands.flatMap((command) => [pathOf(command), ...pathsOf(command)]);
