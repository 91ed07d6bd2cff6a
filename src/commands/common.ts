/** Help and options that all commands share. */
import type { Command } from '@commander-js/extra-typings';
import { Help, Option } from '@commander-js/extra-typings';

/** For commands about a running lab. */
const WHICH = 'name or file of the lab; default: LABNET_LAB, or the only running lab';
export const LAB_ARGUMENT = ['[lab]', WHICH] as const;
export const LAB_OPTION = ['--lab <lab>', WHICH] as const;

/** For commands that read a file. */
export const FILE_ARGUMENT = ['[file]', 'the topology; default: the only one in this folder'] as const;

const EVERYWHERE = 'Options of every command:';

/** Adds the shared options, which the help lists after a command's own, and an example at the end of the help. */
export function common<Args extends unknown[], Opts extends Record<string, unknown>>(
  command: Command<Args, Opts>,
  example: string,
) {
  return withExample(command, example)
    .optionsGroup(EVERYWHERE)
    .option('--json', 'print one JSON object (docs/json.md)')
    .option('--state-dir <folder>', 'the folder for records of labs; default: LABNET_STATE_DIR')
    .option('--timing', 'show where the time went')
    .option('--debug', 'show stack traces of errors')
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

/** The full name of a command: `labnet nat probe`. */
function wordsOf(command: { name: () => string; parent: unknown }): string {
  const parent = command.parent as typeof command | null;
  return parent ? `${wordsOf(parent)} ${command.name()}` : command.name();
}

/** Lists a command's own options before the shared ones. */
export const ownFirst: Partial<Help> = {
  groupItems: (all, visible, groupOf) => {
    const groups = new Help().groupItems(all, visible, groupOf);
    const everywhere = groups.get(EVERYWHERE);
    groups.delete(EVERYWHERE);
    return everywhere ? groups.set(EVERYWHERE, everywhere) : groups;
  },
};
