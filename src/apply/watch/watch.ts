/** Puts the page together: the watched lab, its state, and the buttons. */
import { createHash, randomBytes } from 'node:crypto';
import { messageOf } from '../../core/errors.js';
import type { WireLab } from '../../page/wire.js';
import type { Picture } from '../../render/watch.js';
import { pictureOf, watchPage } from '../../render/watch.js';
import type { Records } from '../../state/record.js';
import { Lab } from '../lab.js';
import type { StateOptions } from '../labs.js';
import { Capturing } from './capture.js';
import { Feed } from './feed.js';
import { fileOf, readFrame } from './files.js';
import type { Say } from './hub.js';
import { Hub } from './hub.js';
import { captureRequest, traceRequest } from './requests.js';
import { Sampling } from './sampling.js';
import type { Site } from './server.js';
import type { Target } from './target.js';
import { fateOf, targetOf } from './target.js';
import { Tracing } from './trace.js';
import { Verifying } from './verify.js';

/** Milliseconds between two samples: more than one a second, even if a sample takes long. */
const INTERVAL = 500;
/** Milliseconds between two checks whether the lab has changed or ended. */
const FATE = 2_000;

/** What the page shows until the lab changes. */
type Shown = { readonly target: Target; readonly picture: Picture; readonly version: number };

export class Watch {
  readonly keys = { id: randomBytes(8).toString('hex'), token: randomBytes(32).toString('base64url') };
  /** Resolves with the reason when the lab is gone. */
  readonly ended: Promise<string>;
  readonly #feed = new Feed();
  readonly #hub = new Hub((clients) => this.#sampling.want(clients > 0));
  readonly #verifying: Verifying;
  readonly #capturing: Capturing;
  readonly #tracing: Tracing;
  readonly #sampling: Sampling;
  readonly #timer: NodeJS.Timeout;
  #end: (reason: string) => void = () => undefined;

  private constructor(
    private readonly records: Records,
    options: StateOptions,
    private shown: Shown,
  ) {
    this.ended = new Promise((resolve) => (this.#end = resolve));
    void this.ended.then((reason) => this.#hub.say('end', { reason }));
    const open = (): Promise<Lab> => Lab.open(this.name, options);
    const { say } = this.#hub;
    this.#verifying = new Verifying(open, say);
    this.#capturing = new Capturing(open, say);
    this.#tracing = new Tracing(open, say);
    this.#sampling = new Sampling({
      ...{ target: () => this.shown.target, feed: this.#feed, say, interval: INTERVAL },
      onTrouble: (error) => {
        say('trouble', { message: messageOf(error) });
        void this.#look();
      },
    });
    this.#timer = setInterval(() => void this.#look(), FATE);
  }

  static async of(records: Records, target: Target, options: StateOptions): Promise<Watch> {
    return new Watch(records, options, { target, picture: await pictureOf(target.lab), version: 1 });
  }

  get name(): string {
    return this.shown.target.record.name;
  }

  /** The callbacks of the server. */
  get site(): Site {
    const frame = readFrame();
    return {
      keys: this.keys,
      page: () => {
        const { target, picture } = this.shown;
        return { html: watchPage(frame, target.lab, picture), styles: [hashOf(picture.style)] };
      },
      file: fileOf,
      download: (name) => this.#capturing.pathOf(name),
      stream: (response) => this.#hub.add(response, (say) => this.#welcome(say)),
      act: (path, body) => this.#act(path, body),
    };
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([this.#sampling.close(), this.#capturing.close()]);
    this.#hub.close();
  }

  #welcome(say: Say): void {
    say('lab', wireLab(this.shown));
    say('rules', this.#feed.rules);
    say('tick', this.#feed.snapshot(Date.now()));
    say('verify', this.#verifying.state);
    say('capture', this.#capturing.state);
    say('lines', this.#capturing.recent);
    say('trace', this.#tracing.state);
  }

  async #act(path: string, body: unknown): Promise<object | 404 | 409> {
    switch (path) {
      case 'verify':
        return this.#verifying.start() ? {} : 409;
      case 'capture':
        if (this.#capturing.isRunning) return 409;
        await this.#capturing.start(captureRequest(body));
        return {};
      case 'capture/stop':
        await this.#capturing.stop();
        return {};
      case 'trace':
        if (this.#tracing.isRunning) return 409;
        await this.#tracing.start(traceRequest(body));
        return {};
      default:
        return 404;
    }
  }

  /** Checks whether the lab has changed or ended; pages of a changed lab reload. */
  async #look(): Promise<void> {
    const { target, version } = this.shown;
    // The record may be unreadable for a moment, or the lab is gone.
    const fate = await fateOf(this.records, target).catch(() => 'same' as const);
    if (fate === 'same' || this.shown.version !== version) return;
    if (fate === 'gone') {
      this.#end('the lab was taken down');
      return;
    }
    const next = await targetOf(this.records, fate);
    this.shown = { target: next, picture: await pictureOf(next.lab), version: version + 1 };
    this.#sampling.renew();
    this.#hub.say('lab', wireLab(this.shown));
  }
}

function wireLab({ target: { lab, record, driver, watched }, picture, version }: Shown): WireLab {
  const { links, nodes } = picture;
  const machines = new Map(lab.machines.map((machine) => [machine.name, machine]));
  return {
    ...{ version, name: record.name, driver: driver.name, file: record.file, created: record.created },
    machines: lab.machines.map(({ name, kind }) => ({ name, kind })),
    interfaces: watched.interfaces.map(({ machine, name, position }) => {
      const { segment = '', addresses = [] } = machines.get(machine)?.interfaces[position] ?? {};
      return { machine, name, segment, addresses };
    }),
    ...{ links, nodes },
  };
}

const hashOf = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;
