/** Shell completion: commands and options, and of a running lab its name and its machines. The only importer of tab. */
import type { Command as Program } from 'commander';
import tab from '@bomb.sh/tab/commander';
import type { Complete } from '@bomb.sh/tab';
import { namesForCompletion } from '../index.js';

type Names = Awaited<ReturnType<typeof namesForCompletion>>;

/** Adds `completion SHELL`, and the hidden command that the shell asks. */
export async function defineCompletion(program: Program): Promise<void> {
  const names = await namesForCompletion();
  const root = tab(program, { completionCommandName: 'completion' });
  for (const command of root.commands.values()) {
    for (const [name, argument] of command.arguments) {
      if (name === 'lab' || name === 'machine' || name === 'file')
        argument.handler = (complete) => offer(complete, names[name]);
    }
    const lab = command.options.get('lab');
    if (lab) lab.handler = (complete) => offer(complete, names.lab);
  }
}

function offer(complete: Complete, names: Names[keyof Names]): void {
  for (const { name, about } of names) complete(name, about);
}
