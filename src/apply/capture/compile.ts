/** Compiles capture filters on this computer, without a lab: `tcpdump -d` needs neither rights nor an interface (tcpdump(8)). */
import { spawnSync } from 'node:child_process';
import { toolEnv } from '../../sys/tools.js';
import type { CapturePlace } from './places.js';
import { filterArgv, troubleOf } from './tcpdump.js';

/** Milliseconds for one filter. */
const TIMEOUT = 5_000;
/** A sweep may make a filter for each run; the capture itself finds the mistakes of those beyond. */
const MOST = 200;
/** resolv.conf(5): a name that is not in the lab is asked for once, for a second. */
const ENV = { RES_OPTIONS: 'timeout:1 attempts:1' } as const;

type Link = Pick<CapturePlace, 'address'>;

/** Compiles each filter once. */
export class FilterCompiler {
  readonly #known = new Map<string, string | undefined>();

  /** @returns tcpdump's complaint; undefined where there is none, or this computer's tcpdump cannot tell */
  troubleOf({ address }: Link, filter: string): string | undefined {
    // To the kernel an argument ends there.
    if (filter.includes('\0')) return 'a NUL character is in it';
    const link = address === undefined ? {} : { address };
    const key = JSON.stringify([address === undefined, filter]);
    if (this.#known.has(key) || this.#known.size >= MOST) return this.#known.get(key);
    const trouble = compile(link, filter);
    const found = trouble !== undefined && compile(link, 'ip') === undefined ? trouble : undefined;
    this.#known.set(key, found);
    return found;
  }
}

function compile(link: Link, filter: string): string | undefined {
  const [program = '', ...args] = filterArgv(link, filter);
  const { status, stderr } = spawnSync(program, args, {
    ...{ env: { ...toolEnv(), ...ENV }, encoding: 'utf8', timeout: TIMEOUT },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return status !== null && status !== 0 ? troubleOf(stderr) : undefined;
}
