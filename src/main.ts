/** The command line as a whole: what it is asked, done, to an exit code. */
import type { Command as Program } from 'commander';
import { CommanderError } from 'commander';
import { readFileSync } from 'node:fs';
import { buildProgram } from './commands/program.js';
import { diagnostic } from './core/diagnostic.js';
import { stdout } from './sys/standard.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const withSubcommands = (command: Program): Program[] => [
  command,
  ...command.commands.flatMap((one) => withSubcommands(one)),
];

/** What is behind `--` is somebody else's command line. */
function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end < 0 ? undefined : end).includes('--json');
}

/** What commander says of a command line, as every other failure is said in JSON. */
function usageError({ message }: CommanderError): unknown {
  const [said = '', hint] = message.replace(/^error: /, '').split('\n');
  const fix = hint?.replace(/^\((.*)\)$/, '$1') ?? "'--help' shows what is understood";
  return { schema: 'labnet.error/1', diagnostics: [diagnostic('bad-usage', said, { fix })] };
}

export async function main(): Promise<void> {
  const program = buildProgram(version, process.argv[2]);
  if (process.argv[2] === 'complete')
    await (await import('./commands/complete.js')).defineComplete(program as unknown as Program);
  const isJson = wantsJson(process.argv.slice(2));
  if (isJson)
    for (const command of withSubcommands(program as unknown as Program))
      command.configureOutput({ writeErr: () => undefined });
  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : 2;
    if (isJson && error.exitCode !== 0) stdout.write(`${JSON.stringify(usageError(error))}\n`);
  }
}
