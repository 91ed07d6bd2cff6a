/** `labnet watch`: a live page of a running lab in the browser. */
import type { StateOptions } from '../labs.js';
import { findLab, openRecords } from '../labs.js';
import { HOST, serve } from './server.js';
import { targetOf } from './target.js';
import { Watch } from './watch.js';

export type WatchOptions = StateOptions & {
  /** The port on the loopback address; default: a free one. */
  readonly port?: number | undefined;
};

export type Watching = {
  readonly lab: string;
  /** The address with the token. */
  readonly url: string;
  readonly port: number;
  readonly token: string;
  /** Resolves with the reason when it has ended without `close`. */
  readonly ended: Promise<string>;
  readonly close: () => Promise<void>;
};

/**
 * Serves the page of a running lab until it is closed or the lab ends.
 * @throws LabnetError lab-not-found, lab-ambiguous, watch-port
 */
export async function watchLab(wanted: string | undefined, options: WatchOptions = {}): Promise<Watching> {
  const records = openRecords(options);
  const target = await targetOf(records, await findLab(records, wanted));
  const watch = await Watch.of(records, target, options);
  const { id, token } = watch.keys;
  try {
    const { port, close } = await serve(watch.site, options.port ?? 0);
    return {
      ...{ lab: watch.name, url: `http://${HOST}:${port}/${id}/?token=${token}`, port, token },
      ended: watch.ended,
      close: async () => {
        await watch.close();
        close();
      },
    };
  } catch (error) {
    await watch.close();
    throw error;
  }
}
