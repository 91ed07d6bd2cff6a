/**
 * Run in the guest: programs in machines of a lab, one after the other, by one process, as each start of node costs seconds
 * there. What one says is in a file of its name.
 *
 *   node in-turn.js LAB COMMANDS FOLDER     COMMANDS: a file of Turn[] as JSON
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Lab } from '../../src/index.js';

export type Turn = {
  readonly name: string;
  readonly machine: string;
  readonly argv: readonly [string, ...string[]];
};

async function inTurn(name: string, file: string, folder: string): Promise<void> {
  const lab = await Lab.open(name);
  for (const { name: own, machine, argv } of JSON.parse(readFileSync(file, 'utf8')) as readonly Turn[]) {
    const { stdout, stderr } = await lab.exec(machine, argv);
    writeFileSync(join(folder, own), stdout + stderr);
  }
  await lab.close();
}

const [, script = '', name = '', file = '', folder = ''] = process.argv;
if (import.meta.url === pathToFileURL(script).href) await inTurn(name, file, folder);

/** A command line, its words apart by spaces. */
export const turnOf = (name: string, machine: string, line: string): Turn => ({
  name,
  machine,
  argv: line.split(' ') as [string, ...string[]],
});
