/** Loads the rules of routers, beside this thread, while it makes other machines. */
import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { diagnostic } from '../../../core/diagnostic.js';
import { failure, LabnetError } from '../../../core/errors.js';
import type { MachinePlan } from '../../../plan/build.js';
import type { RulesStep } from '../../../plan/step.js';
import type { RuleFile } from '../../../render/rules.js';
import { LOADERS, RULE_FILES } from '../../../render/rules.js';
import { CLONE, enter } from '../../../sys/namespaces.js';
import { LAB_DIR, PIN_DIR, pinOf } from '../paths.js';
import { explainWords } from '../room/explain.js';
import { changerEnv, track } from './children.js';
import { storeFirstRules, storeGeneration } from './rules-store.js';

/** More would only wait for each other: the kernel takes one ruleset at a time. */
const SHELLS = 2;
/** With more machines to a router than this, one shell keeps up with the thread that makes them, and leaves it its processor. */
const MACHINES_TO_A_ROUTER = 6;
const TIMEOUT = 120_000;

/**
 * A shell that reads names of machines: a small process makes a child in a tenth of the time that node takes. The first
 * that is refused is named on its output, and ends it.
 */
const SCRIPT = `while read -r machine; do
  rules=${LAB_DIR}/machines/"$machine"/rules
${RULE_FILES.map((file) => `  [ ! -s "$rules".${file} ] || nsenter --net=${PIN_DIR}/"$machine" ${LOADERS[file].join(' ')} <"$rules".${file} || { echo "$machine ${file}"; exit 1; }`).join('\n')}
done`;

type Loader = {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly ended: Promise<Ended>;
};
type Ended = { readonly refused: string; readonly said: string };

export class RulesLoader {
  readonly #steps = new Map<string, RulesStep>();
  #waiting: string[] = [];
  #begun = 0;
  #machines = 0;
  readonly #loaders: Loader[] = [];

  /** Of machines that are there by now. */
  add(machines: readonly MachinePlan[]): void {
    this.#machines += machines.length;
    for (const step of machines.flatMap(({ rules }) => rules)) {
      const { machine, texts } = step;
      storeFirstRules(machine, texts);
      this.#waiting.push(machine);
      this.#steps.set(machine, step);
    }
  }

  /** Begins with those that have not begun. */
  start(): void {
    for (const machine of this.#waiting) this.#next().child.stdin.write(`${machine}\n`);
    this.#waiting = [];
  }

  /** Waits for the last; throws the error of the first that was refused. */
  async finish(): Promise<void> {
    this.start();
    for (const { child } of this.#loaders) child.stdin.end();
    for (const { refused, said } of await Promise.all(this.#loaders.map(({ ended }) => ended))) {
      if (refused === '') continue;
      const [machine, file] = refused.split(' ') as [string, RuleFile];
      throw refusal(machine, file, this.#steps.get(machine)?.texts[file] ?? '', said);
    }
    for (const machine of this.#steps.keys()) {
      enter(pinOf(machine), CLONE.NEWNET);
      storeGeneration(machine);
    }
  }

  #next(): Loader {
    const isEnough = this.#steps.size * MACHINES_TO_A_ROUTER < this.#machines;
    const turn = this.#begun++ % (isEnough ? 1 : SHELLS);
    const loader = this.#loaders[turn] ?? startLoader();
    this.#loaders[turn] = loader;
    return loader;
  }
}

function startLoader(): Loader {
  const options = { cwd: '/', env: changerEnv(), timeout: TIMEOUT, killSignal: 'SIGKILL' } as const;
  const child = track(spawn('/bin/sh', ['-c', SCRIPT], { ...options, stdio: ['pipe', 'pipe', 'pipe'] }));
  // It ends early where a ruleset is refused; what is still written then has nobody to read it.
  child.stdin.on('error', () => undefined);
  let [refused, said] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (refused += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject).on('close', (_, signal) => {
      if (signal) reject(failure('rules-refused', `iptables-restore was ended by ${signal}`));
      else resolve({ refused: refused.trim(), said });
    });
  });
  // Reported to the caller who waits for it; until then it must not count as unhandled.
  ended.catch(() => undefined);
  return { child, ended };
}

export function refusal(machine: string, file: RuleFile, text: string, said: string): LabnetError {
  const [tool] = LOADERS[file];
  if (new RegExp(`nsenter: .*${tool}.*No such file`).test(said))
    return missing(tool, file === 'nft' ? 'nftables' : 'iptables');
  const wanting = explainWords(`${machine}: ${tool}`, said);
  if (wanting) return new LabnetError([wanting]);
  const [, line, reason = said.trim().split('\n')[0] ?? ''] =
    (file === 'nft' ? /stdin:(\d+):[\d-]+: Error: (.*)/ : /line:? (\d+)/).exec(said) ?? [];
  return refused(machine, tool, reason, text.split('\n')[Number(line) - 1]);
}

function missing(tool: string, packageName: string): LabnetError {
  const fix = `install it: 'apt-get install ${packageName}', or 'sh provisioners/host/prepare.sh'`;
  return failure('tool-missing', `${tool} is not installed`, fix);
}

const LONGEST_RULE = 300;

function refused(machine: string, tool: string, reason: string, rule: string | undefined): LabnetError {
  const line = rule === undefined ? '' : `\n  ${rule.trim().slice(0, LONGEST_RULE)}`;
  const message = `${machine}: ${tool} refused the rules: ${reason}${line}`;
  const fix = "the kernel may lack a netfilter module: 'labnet doctor' tells";
  return new LabnetError([diagnostic('rules-refused', message, { fix })], 1);
}
