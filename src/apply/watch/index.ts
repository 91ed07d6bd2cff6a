/** `labnet watch`: a page in the browser that shows what a running lab does. */
import { createHash, randomBytes } from 'node:crypto';
import { readAsset } from '../../transport/assets.js';
import type { CaptureRequest, WireLab } from '../../page/wire.js';
import { badInput } from '../../core/errors.js';
import type { Picture } from '../../render/watch.js';
import { pictureOf, watchPage } from '../../render/watch.js';
import { Lab } from '../lab.js';
import type { StateOptions } from '../labs.js';
import { findLab, openRecords } from '../labs.js';
import { Capturing } from './capture.js';
import { Feed } from './feed.js';
import { Hub } from './hub.js';
import { Sampling } from './sampling.js';
import type { Given } from './server.js';
import { serve } from './server.js';
import type { Target } from './target.js';
import { fateOf, targetOf } from './target.js';
import { Verifying } from './verify.js';

export type WatchOptions = StateOptions & {
  /** On the loopback; default: one that is free. */
  readonly port?: number | undefined;
};

export type Watching = {
  readonly lab: string;
  /** With the token, which opens the page. */
  readonly url: string;
  readonly port: number;
  readonly token: string;
  /** Resolves with the reason when it has ended by itself. */
  readonly ended: Promise<string>;
  readonly close: () => Promise<void>;
};

/** Milliseconds between two looks: more than one a second, also where one takes its time. */
const INTERVAL = 500;
/** Milliseconds between two looks at what has become of the lab. */
const FATE = 2_000;

const SCRIPTS = ['main', 'picture', 'tables', 'tabs', 'actions', 'state', 'text'];

/**
 * Serves the page of a lab that runs until it is closed, or the lab is gone.
 * @throws LabnetError lab-not-found, lab-ambiguous, watch-port
 */
export async function watchLab(wanted: string | undefined, options: WatchOptions = {}): Promise<Watching> {
  const records = openRecords(options);
  let target = await targetOf(records, await findLab(records, wanted));
  let picture = await pictureOf(target.lab);
  let version = 1;
  let end: (reason: string) => void = () => undefined;
  const ended = new Promise<string>((resolve) => (end = resolve));

  const feed = new Feed();
  const hub = new Hub((clients) => sampling.want(clients > 0));
  const { say } = hub;
  const open = (): Promise<Lab> => Lab.open(target.record.name, options);
  const verifying = new Verifying(open, say);
  const capturing = new Capturing(open, say);
  const sampling = new Sampling({
    ...{ target: () => target, feed, say, interval: INTERVAL },
    onTrouble: () => void look(),
  });

  /** What has become of the lab; a page of what it was is loaded anew. */
  const look = async (): Promise<void> => {
    const fate = await fateOf(records, target).catch(() => 'same' as const);
    if (fate === 'same') return;
    if (fate === 'gone') return end('the lab was taken down');
    target = await targetOf(records, fate);
    picture = await pictureOf(target.lab);
    version++;
    sampling.renew();
    say('lab', wireLab(target, picture, version));
  };
  const timer = setInterval(() => void look(), FATE);

  const keys = { id: randomBytes(8).toString('hex'), token: randomBytes(32).toString('base64url') };
  const html = readAsset('templates/watch.html');
  const { server, port } = await serve(
    {
      keys,
      page: () => ({ html: watchPage(html, target.lab, picture), styles: [hashOf(picture.style)] }),
      file: fileOf,
      download: (name) => capturing.pathOf(name),
      stream: (response) => {
        hub.add(response, (tell) => {
          tell('lab', wireLab(target, picture, version));
          tell('rules', feed.rules);
          tell('tick', feed.snapshot(Date.now()));
          tell('verify', verifying.state);
          tell('capture', capturing.state);
        });
      },
      act: async (path, body) => {
        if (path === 'verify') return verifying.start() ? {} : 409;
        if (path === 'capture') {
          if (capturing.isRunning) return 409;
          await capturing.start(captureRequest(body));
          return {};
        }
        if (path !== 'capture/stop') return 404;
        await capturing.stop();
        return {};
      },
    },
    options.port ?? 0,
  ).catch((error: unknown) => {
    clearInterval(timer);
    throw error;
  });

  const close = async (): Promise<void> => {
    clearInterval(timer);
    await Promise.all([sampling.close(), capturing.close()]);
    hub.close();
    server.close();
    server.closeAllConnections();
  };
  const url = `http://127.0.0.1:${port}/${keys.id}/?token=${keys.token}`;
  void ended.then((reason) => say('end', { reason }));
  return { lab: target.record.name, url, port, token: keys.token, ended, close };
}

const wireLab = (
  { lab, record, driver, watched }: Target,
  { links, nodes }: Picture,
  version: number,
): WireLab => ({
  ...{ version, name: record.name, driver: driver.name, file: record.file, created: record.created },
  machines: lab.machines.map(({ name, kind }) => ({ name, kind })),
  interfaces: watched.interfaces.map(({ machine, name, position }) => {
    const own = lab.machines.find((one) => one.name === machine)?.interfaces[position];
    return { machine, name, segment: own?.segment ?? '', addresses: own?.addresses ?? [] };
  }),
  ...{ links, nodes, interval: INTERVAL },
});

const hashOf = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="M8 8 3 3m5 5 5-5M8 8v5" stroke="#2b62b8" stroke-width="1.5"/><g fill="#2b62b8"><circle cx="8" cy="8" r="2.5"/><circle cx="3" cy="3" r="2"/><circle cx="13" cy="3" r="2"/><circle cx="8" cy="13.5" r="2"/></g></svg>';

/** Of the page: its style, and its program as tsc has compiled it. */
function fileOf(name: string): Given | undefined {
  if (name === 'watch.css')
    return { type: 'text/css; charset=utf-8', text: readAsset('templates/watch.css') };
  if (name === 'icon.svg') return { type: 'image/svg+xml', text: ICON };
  const script = SCRIPTS.find((one) => name === `${one}.js`);
  return script === undefined
    ? undefined
    : { type: 'text/javascript; charset=utf-8', text: readAsset(`dist/src/page/${script}.js`) };
}

function captureRequest(body: unknown): CaptureRequest {
  const { places, filter } = body as { readonly places?: unknown; readonly filter?: unknown };
  const isText = (one: unknown): one is string => typeof one === 'string' && one.length <= 1_000;
  if (!Array.isArray(places) || !places.every(isText) || !isText(filter))
    throw badInput('bad-usage', 'a capture has places and a filter', 'choose a machine');
  return { places, filter };
}
