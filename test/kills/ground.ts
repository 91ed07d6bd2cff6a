/** Where commands are killed: a world with a lab's files, and what must not be left in it. */
import type { ExecFileException } from 'node:child_process';
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Planned } from '../../src/index.js';
import { Lab, LabnetError, plan } from '../../src/index.js';
import { bounded } from '../helpers/bounded.js';
import type { Result, Who } from '../helpers/cli.js';
import { World } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/folder.js';
import { differences, machineState } from '../helpers/machine.js';
import type { FileName } from './scenes.js';
import { fileOf, LAB, writeTopologies } from './scenes.js';

const TIMEOUT = 60_000;

export type GroundOptions = {
  readonly who: Who;
  /** What goes before labnet's command line. */
  readonly through?: readonly string[];
  readonly upOptions?: { readonly driver: string; readonly sshConfig: string };
  /** Puts this process where labnet is run; what it returns puts it back. Only who has it can use the API. */
  readonly visit?: (() => () => void) | undefined;
};

/** In a word what went wrong; undefined where nothing did. */
type Outcome = Promise<string | undefined>;

export class Ground {
  readonly world: World;
  /** For the topologies, and for what the tracer writes. */
  readonly folder = temporaryFolder('kills');
  /** Where labnet's temporary files would be. */
  readonly #temporary = temporaryFolder('kills-tmp');
  readonly #machine = machineState();
  readonly #options: GroundOptions;

  constructor(options: GroundOptions) {
    this.#options = options;
    this.world = new World(options.who, options.through);
    chmodSync(this.folder, 0o755);
    chmodSync(this.#temporary, 0o1777);
    writeTopologies(this.folder);
  }

  upArgs(name: FileName): string[] {
    const { driver, sshConfig } = this.#options.upOptions ?? {};
    const words = driver === undefined ? [] : ['--driver', driver, '--ssh-config', sshConfig ?? ''];
    return ['up', fileOf(this.folder, name), ...words];
  }

  get env(): NodeJS.ProcessEnv {
    return { ...this.world.env, TMPDIR: this.#temporary };
  }

  /** A command that is ended where it takes too long: its code is null then. */
  run(...args: readonly string[]): Promise<Result> {
    const [program, ...rest] = this.world.argv(...args);
    return new Promise((resolve) => {
      execFile(
        program,
        rest,
        { env: this.env, timeout: TIMEOUT, killSignal: 'SIGKILL', encoding: 'utf8' },
        (error: ExecFileException | null, stdout, stderr) =>
          resolve({ code: error ? (typeof error.code === 'number' ? error.code : null) : 0, stdout, stderr }),
      );
    });
  }

  /** By the API where that can be, which takes a third of the time of a command. */
  up(name: FileName): Outcome {
    if (!this.#options.visit) return this.#told(...this.upArgs(name));
    return this.#visiting(async () => {
      const lab = await Lab.up(fileOf(this.folder, name), { ...this.#options.upOptions, ...this.#state });
      await lab.close();
    });
  }

  async down(): Outcome {
    const outcome = await (this.#options.visit
      ? this.#visiting(() => Lab.destroy(LAB, this.#state))
      : this.#told('down', LAB));
    // There may be none, or none that got far enough.
    return outcome?.includes('lab-not-found') === true ? undefined : outcome;
  }

  verify(): Outcome {
    return this.#told('verify', LAB, '--json');
  }

  /** What 'up' would still change. */
  async unplanned(name: FileName): Promise<string[]> {
    const file = fileOf(this.folder, name);
    const found: string[] = [];
    if (!this.#options.visit) return this.#unplannedByCommand(file);
    const outcome = await this.#visiting(async () => {
      const { changes, running } = await plan(file, this.#state);
      if (!running) found.push('not running');
      found.push(...changes.map(({ text }) => `not done: ${text}`));
    });
    return outcome === undefined ? found : [...found, outcome];
  }

  async #unplannedByCommand(file: string): Promise<string[]> {
    const { stdout, stderr } = await this.run('plan', file, '--json');
    const { changes, running } = JSON.parse(stdout || '{}') as Partial<Planned>;
    if (!changes || running !== true) return [`plan: ${stdout}${stderr}`];
    return changes.map(({ text }) => `not done: ${text}`);
  }

  get #state(): { stateDir: string } {
    return { stateDir: this.world.stateDir };
  }

  async #told(...args: readonly string[]): Outcome {
    const { code, stdout, stderr } = await this.run(...args);
    return code === 0 ? undefined : `labnet ${args.join(' ')}: ${code ?? 'killed'}: ${stdout}${stderr}`;
  }

  async #visiting(work: () => Promise<unknown>): Outcome {
    const leave = this.#options.visit?.();
    try {
      await bounded(work(), TIMEOUT, () => undefined);
      return undefined;
    } catch (error) {
      return error instanceof LabnetError
        ? error.diagnostics.map(({ code, message }) => `${code}: ${message}`).join('; ')
        : `${String(error)} ${error instanceof Error ? (error.stack ?? '') : ''}`;
    } finally {
      leave?.();
    }
  }

  /** What is there although no lab is: files, and processes that do not end within seconds. */
  async leftovers(): Promise<string[]> {
    for (let tries = 0; tries < 100 && this.#processes().length > 0; tries++) await sleep(30);
    const files = [this.world.stateDir, this.#temporary].flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
    );
    return [...this.#processes(), ...files];
  }

  /** What of the machine's own is not as it was. */
  changed(): string[] {
    return differences(this.#machine, machineState());
  }

  folderFor(name: string): string {
    const folder = join(this.folder, name);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  async end(): Promise<void> {
    await this.run('down', '--all');
    for (const line of this.#processes()) killIfThere(Number(line.split(' ')[1]));
    await this.world.end();
  }

  /** Everybody who was started with this world's state folder in the environment or the arguments. */
  #processes(): string[] {
    return readdirSync('/proc')
      .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
      .filter((pid) =>
        ['environ', 'cmdline'].some((file) => wordsOf(pid, file).includes(this.world.stateDir)),
      )
      .map((pid) => `process ${pid} ${wordsOf(pid, 'cmdline')}`);
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by now.
  }
}

function wordsOf(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}
