import type { Command } from '@commander-js/extra-typings';
import { common } from './common.js';
import { abortOnSignal, run } from './context.js';
import { Progress } from './progress.js';

export function defineReplay(program: Command): void {
  common(program.command('replay'), 'labnet replay run.tar.gz')
    .description('bring the lab of a bundle up again, verify it, and show what differs from the bundle')
    .argument('<bundle>', "made by 'labnet verify --bundle'")
    .option('--keep', 'leave the lab running')
    .action((bundle, { keep, ...options }) =>
      run(options, async (output) => {
        const { replay } = await import('../index.js');
        const { signal, release } = abortOnSignal();
        const progress = new Progress(output.isJson);
        try {
          const replayed = await replay(bundle, { keep, signal, emit: (event) => progress.show(event) });
          progress.clear();
          output.json('replay', replayed);
          const { replayText } = await import('../report/replay.js');
          output.say(replayText(replayed, output.style));
          return replayed.equal ? 0 : 1;
        } finally {
          progress.clear();
          release();
        }
      }),
    );
}
