/** The command line as a whole: what it is asked, done, to an exit code. */
import type { Command as Program } from 'commander';
import { CommanderError } from 'commander';
import { readFileSync } from 'node:fs';
import { buildProgram } from './commands/program.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Who reads the output may stop doing so, as head(1) does: what was asked for is done all the same. */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') return;
      process.once('exit', () => (process.exitCode = 1));
      if (stream === process.stdout)
        process.stderr.write(`error[file-unwritable]: cannot write what was asked for: ${error.message}\n`);
    });
}

export async function main(): Promise<void> {
  outliveReaders();
  const isCompletion = ['completion', 'complete'].includes(process.argv[2] ?? '');
  const program = buildProgram(version, isCompletion);
  if (isCompletion)
    await (await import('./commands/completion.js')).defineCompletion(program as unknown as Program);
  // A command line that cannot be read is bad input; help and version are not.
  for (const command of [program, ...program.commands]) command.exitOverride();
  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  }
}
