import type { Command } from '@commander-js/extra-typings';
import { badInput } from '../core/errors.js';
import type { Watching } from '../index.js';
import { stdout } from '../sys/standard.js';
import { common, LAB_ARGUMENT } from './common.js';
import { abortOnSignal, run } from './context.js';

export function defineWatch(program: Command): void {
  common(program.command('watch'), 'labnet watch virtual-wan')
    .description('show a running lab in the browser: packets, NAT, connections, verify, trace and capture')
    .argument(...LAB_ARGUMENT)
    .option('--port <port>', 'the port to listen on at 127.0.0.1; default: a free one')
    .option('--no-open', 'print the address without opening a browser')
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
          const isSeen = open && !output.isJson && stdout.isTTY;
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
  throw badInput(
    'bad-usage',
    `--port must be a number from 1 to 65535, not '${text}'`,
    'for example --port 8080',
  );
}

/** Why the page has ended; undefined where the user ended it. */
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
