import type { Command } from '@commander-js/extra-typings';
import { badInput } from '../core/errors.js';
import type { Watching } from '../index.js';
import { common, LAB_ARGUMENT } from './common.js';
import { abortOnSignal, run } from './context.js';

export function defineWatch(program: Command): void {
  common(program.command('watch'), 'labnet watch virtual-wan')
    .description(
      'show in the browser what a running lab does: packets, NAT, connections; and verify and capture there',
    )
    .argument(...LAB_ARGUMENT)
    .option('--port <port>', 'where it listens on 127.0.0.1; default: one that is free')
    .option('--no-open', 'print the address only; a browser is opened from a terminal alone')
    .action((wanted, { port, open, stateDir, ...options }) =>
      run(options, async (output) => {
        const stop = abortOnSignal();
        try {
          const { watch } = await import('../index.js');
          const { openBrowser } = await import('./local.js');
          const watching = await watch(wanted, { stateDir, port: portOf(port) });
          const { lab, url, token } = watching;
          output.json('watch', { lab, url, port: watching.port, token });
          output.say(`${output.style.bold(lab)}: ${url}\n(Ctrl-C ends)`);
          const isSeen = open && !output.isJson && process.stdout.isTTY;
          const forget = isSeen ? await openBrowser(url) : () => undefined;
          const reason = await untilOver(watching, stop.signal).finally(forget);
          if (reason === undefined) return 130;
          output.say(`${output.style.green('✓')} ${reason}`);
          return 0;
        } finally {
          stop.release();
        }
      }),
    );
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (port >= 1 && port <= 65_535) return port;
  throw badInput('bad-usage', `--port is a number from 1 to 65535, not '${text}'`, 'for example --port 8080');
}

/** Why it has ended; undefined where somebody has ended it. */
async function untilOver({ ended, close }: Watching, signal: AbortSignal): Promise<string | undefined> {
  const stopped = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined));
  });
  try {
    return await Promise.race([ended, stopped]);
  } finally {
    await close();
  }
}
