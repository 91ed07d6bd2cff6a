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
      if (error.code !== 'EPIPE') throw error;
    });
}

export async function main(): Promise<void> {
  outliveReaders();
  const program = buildProgram(version);
  if (process.argv[2] === 'complete')
    await (await import('./commands/complete.js')).defineComplete(program as unknown as Program);
  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  }
}
