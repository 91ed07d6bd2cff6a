/** What the help and the options of all commands have in common. */
import type { Command } from '@commander-js/extra-typings';
import { Help, Option } from '@commander-js/extra-typings';

/** For commands about a lab that runs. */
const WHICH = 'its name or file; default: the only one that runs (LABNET_LAB)';
export const LAB_ARGUMENT = ['[lab]', WHICH] as const;
export const LAB_OPTION = ['--lab <lab>', WHICH] as const;

/** For commands that read a file. */
export const FILE_ARGUMENT = ['[file]', 'the topology; default: the only one in this folder'] as const;

const EVERYWHERE = 'Options of every command:';

/** Adds what every command has, listed behind its own, with an example at the end of its help. */
export function common<Args extends unknown[], Opts extends Record<string, unknown>>(
  command: Command<Args, Opts>,
  example: string,
) {
  return withExample(command, example)
    .optionsGroup(EVERYWHERE)
    .option('--json', 'print one JSON object (docs/json.md)')
    .option('--state-dir <folder>', 'where labs are recorded (LABNET_STATE_DIR)')
    .option('--timing', 'say where the time went')
    .option('--debug', 'show the stack of errors')
    .addHelpOption(new Option('-h, --help', 'show this help').helpGroup(EVERYWHERE))
    .optionsGroup('Options:');
}

export const withExample = <Args extends unknown[], Opts extends Record<string, unknown>>(
  command: Command<Args, Opts>,
  example: string,
): Command<Args, Opts> =>
  command
    .showHelpAfterError(`(see '${wordsOf(command)} --help')`)
    .addHelpText('after', `\nExample:\n  $ ${example}`);

/** As it is typed: `labnet nat probe`. */
function wordsOf(command: { name: () => string; parent: unknown }): string {
  const parent = command.parent as typeof command | null;
  return parent ? `${wordsOf(parent)} ${command.name()}` : command.name();
}

/** Lists what a command has of its own before what every command has. */
export const ownFirst: Partial<Help> = {
  groupItems: (all, visible, groupOf) => {
    const groups = new Help().groupItems(all, visible, groupOf);
    const everywhere = groups.get(EVERYWHERE);
    groups.delete(EVERYWHERE);
    return everywhere ? groups.set(EVERYWHERE, everywhere) : groups;
  },
};
