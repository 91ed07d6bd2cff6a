/**
 * labnet on machines that are reached over SSH, against the least that could do: as many ssh(1) at once, each handing a machine the
 * same script. The machines are namespaces with OpenSSH servers of their own; both do their work one after the other, turn by turn.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scriptFor } from '../helpers/guests.js';
import { noSsh, SshLab } from '../helpers/ssh.js';
import { labOf } from '../helpers/topologies.js';
import { run } from './processes.js';
import { median, round } from './stats.js';
import { wanTopology } from './wan.js';

export type SshResult = {
  readonly machines: number;
  /** Medians in milliseconds: `again` is an `up` of what is up, `scripts` the same scripts by ssh(1) alone. */
  readonly up: number;
  readonly again: number;
  readonly down: number;
  readonly scripts: number;
  readonly scriptsAgain: number;
  /** Of each `up`, a machine: handshakes, sessions, and kilobytes that were sent there. */
  readonly first: Traffic;
  readonly second: Traffic;
  /** Kilobytes of a machine's script. */
  readonly script: number;
};

export type Traffic = {
  readonly handshakes: number;
  readonly sessions: number;
  readonly kilobytes: number;
};

const BYTES_A_KILOBYTE = 1e3;

/** @returns undefined where there can be no such machines */
export async function measureSsh(
  hosts: number,
  rounds: number,
  say: (text: string) => void,
): Promise<SshResult | undefined> {
  if (noSsh !== '') {
    say(`without SSH: ${noSsh}`);
    return undefined;
  }
  const text = wanTopology(hosts);
  const ssh = await SshLab.of(labOf(text));
  try {
    say(`SSH, ${ssh.guests.names.length} machines`);
    const file = join(ssh.folder, 'wan.yaml');
    writeFileSync(file, text);
    const bench = new SshBench(ssh, file);
    const found: Round[] = [];
    for (let index = 0; index < rounds; index++) found.push(await bench.round(index % 2 === 0));
    return summary(ssh.guests.names.length, bench.script, found);
  } finally {
    await ssh.end();
  }
}

type Round = Pick<SshResult, 'up' | 'again' | 'down' | 'scripts' | 'scriptsAgain' | 'first' | 'second'>;

class SshBench {
  readonly #parallel: string;
  /** Mean of the machines' scripts, in bytes. */
  readonly script: number;

  constructor(
    readonly ssh: SshLab,
    readonly file: string,
  ) {
    const sizes = ssh.guests.names.map((name) => {
      const { text } = scriptFor(ssh.guests.lab, name);
      writeFileSync(join(ssh.folder, `${name}.sh`), text);
      return text.length;
    });
    this.script = sizes.reduce((all, one) => all + one, 0) / sizes.length;
    this.#parallel = join(ssh.folder, 'parallel.sh');
    writeFileSync(this.#parallel, parallelScript(ssh));
  }

  async round(isFirst: boolean): Promise<Round> {
    const scripts = isFirst ? undefined : await this.#byScripts();
    const labnet = await this.#byLabnet();
    return { ...labnet, ...(scripts ?? (await this.#byScripts())) };
  }

  async #byLabnet() {
    const options = ['--driver', 'ssh', '--ssh-config', this.ssh.config];
    const up = (): Promise<Measured> => this.#counted(() => this.#labnet('up', this.file, ...options));
    const first = await up();
    const second = await up();
    const down = await this.#labnet('down');
    return {
      up: first.milliseconds,
      again: second.milliseconds,
      down,
      first: first.traffic,
      second: second.traffic,
    };
  }

  async #byScripts() {
    const scripts = await this.#inHost('sh', this.#parallel, 'apply');
    const scriptsAgain = await this.#inHost('sh', this.#parallel, 'apply');
    await this.#inHost('sh', this.#parallel, 'remove');
    return { scripts, scriptsAgain };
  }

  async #labnet(...args: readonly string[]): Promise<number> {
    const { world } = this.ssh;
    return (await run(world.argv(...args), { env: { LABNET_STATE_DIR: world.stateDir } })).milliseconds;
  }

  /** Where the machines can be reached. */
  async #inHost(...argv: readonly string[]): Promise<number> {
    return (await run([...this.ssh.guests.enter(''), ...argv])).milliseconds;
  }

  async #counted(work: () => Promise<number>): Promise<Measured> {
    const machines = this.ssh.guests.names;
    const before = { log: machines.map((name) => this.ssh.log(name).length), sent: await this.#sent() };
    const milliseconds = await work();
    const logs = machines.map((name, index) => this.ssh.log(name).slice(before.log[index]));
    const each = (word: RegExp): number =>
      round(logs.reduce((all, log) => all + (log.match(word)?.length ?? 0), 0) / machines.length);
    return {
      milliseconds,
      traffic: {
        handshakes: each(/Accepted publickey/g),
        sessions: each(/Starting session/g),
        kilobytes: round(((await this.#sent()) - before.sent) / machines.length / BYTES_A_KILOBYTE),
      },
    };
  }

  /** Bytes to machines over their management network so far, headers and all. */
  async #sent(): Promise<number> {
    const { stdout } = await run([
      ...this.ssh.guests.enter(''),
      'ip',
      '-s',
      '-j',
      'link',
      'show',
      'dev',
      'mgmt',
    ]);
    const [link] = JSON.parse(stdout) as { stats64: { tx: { bytes: number } } }[];
    return link?.stats64.tx.bytes ?? NaN;
  }
}

type Measured = { readonly milliseconds: number; readonly traffic: Traffic };

/** All at once; fails where one of them does. */
const parallelScript = ({ guests, config, folder }: SshLab): string => `cd '${folder}'
pids=
for one in ${guests.names.join(' ')}; do
  ssh -F '${config}' -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR "$one" "sh -s $1" <"$one.sh" >/dev/null 2>&1 &
  pids="$pids $!"
done
for pid in $pids; do wait "$pid" || exit 1; done
`;

function summary(machines: number, script: number, rounds: readonly Round[]): SshResult {
  const of = (key: 'up' | 'again' | 'down' | 'scripts' | 'scriptsAgain'): number =>
    round(median(rounds.map((one) => one[key])));
  // The last round's, with nothing left to be loaded.
  const { first, second } = rounds.at(-1) ?? raise();
  return {
    machines,
    up: of('up'),
    again: of('again'),
    down: of('down'),
    scripts: of('scripts'),
    scriptsAgain: of('scriptsAgain'),
    first,
    second,
    script: round(script / BYTES_A_KILOBYTE),
  };
}

function raise(): never {
  throw new RangeError('no rounds');
}
