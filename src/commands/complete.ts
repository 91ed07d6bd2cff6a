/** Shell completion: commands and options, and the names of running labs and their machines. */
import type { Command as Program } from 'commander';
import tab from '@bomb.sh/tab/commander';
import type { Complete } from '@bomb.sh/tab';
import { SHELLS } from '../transport/assets.js';
import { namesForCompletion } from './local.js';

type Names = Awaited<ReturnType<typeof namesForCompletion>>;

/** The kind of names that an argument or option takes, by its name. */
const KINDS: Readonly<Record<string, keyof Names>> = {
  lab: 'lab',
  machine: 'machine',
  router: 'router',
  from: 'machine',
  to: 'machine',
  file: 'file',
};

/** Adds the command that the scripts of `labnet completion` call: `labnet complete -- WORDS`. */
export async function defineComplete(program: Program): Promise<void> {
  const names = await namesForCompletion();
  const root = tab(program);
  for (const [path, command] of root.commands) {
    for (const [name, argument] of command.arguments) {
      const kind = KINDS[name];
      if (kind) argument.handler = (complete) => offer(complete, names[kind]);
      if (path === 'completion') argument.handler = (complete) => SHELLS.forEach((one) => complete(one, ''));
    }
    const lab = command.options.get('lab');
    if (lab) lab.handler = (complete) => offer(complete, names.lab);
  }
}

function offer(complete: Complete, names: Names[keyof Names]): void {
  for (const { name, about } of names) complete(name, about);
}
