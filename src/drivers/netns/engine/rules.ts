/** Loads the rules of routers with iptables-restore, beside this thread, while it makes other machines. */
import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { diagnostic } from '../../../core/diagnostic.js';
import { failure, LabnetError } from '../../../core/errors.js';
import type { MachinePlan } from '../../../plan/build.js';
import type { RulesStep } from '../../../plan/step.js';
import { toolEnv } from '../../../sys/tools.js';
import { LAB_DIR, machineDir, PIN_DIR } from '../paths.js';
import { track } from './children.js';

/** More would only wait for each other: the kernel takes one ruleset at a time. */
const LOADERS = 2;
const TIMEOUT = 120_000;

/**
 * A shell that reads names of machines: a small process makes a child in a tenth of the time that node takes. The first
 * that is refused is named on its output, and ends it.
 */
const SCRIPT = `while read -r machine; do
  rules=${LAB_DIR}/machines/"$machine"/rules
  nsenter --net=${PIN_DIR}/"$machine" iptables-restore --noflush "$rules".v4 || { echo "$machine v4"; exit 1; }
  [ ! -s "$rules".nft ] || nsenter --net=${PIN_DIR}/"$machine" nft -f "$rules".nft || { echo "$machine nft"; exit 1; }
done`;

type Loader = {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly ended: Promise<Ended>;
};
type Ended = { readonly refused: string; readonly said: string };

export class RulesLoader {
  readonly #steps = new Map<string, RulesStep>();
  readonly #loaders: Loader[] = [];

  /** Begins with the rules of machines that are there by now. */
  start(machines: readonly MachinePlan[]): void {
    for (const step of machines.flatMap(({ rules }) => rules)) {
      const { machine, text, nft } = step;
      writeFileSync(`${machineDir(machine)}/rules.v4`, text);
      if (nft !== '') writeFileSync(`${machineDir(machine)}/rules.nft`, nft);
      this.#next().child.stdin.write(`${machine}\n`);
      this.#steps.set(machine, step);
    }
  }

  /** Waits for the last; throws what was said of the first that was refused. */
  async finish(): Promise<void> {
    for (const { child } of this.#loaders) child.stdin.end();
    for (const { refused, said } of await Promise.all(this.#loaders.map(({ ended }) => ended))) {
      if (refused === '') continue;
      const [machine = '', kind] = refused.split(' ');
      const step = this.#steps.get(machine);
      throw kind === 'nft'
        ? nftRefusal(machine, step?.nft ?? '', said)
        : refusal(machine, step?.text ?? '', said);
    }
  }

  #next(): Loader {
    const turn = this.#steps.size % LOADERS;
    const loader = this.#loaders[turn] ?? startLoader();
    this.#loaders[turn] = loader;
    return loader;
  }
}

function startLoader(): Loader {
  const options = { cwd: '/', env: toolEnv(), timeout: TIMEOUT, killSignal: 'SIGKILL' } as const;
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
  // Whoever waits for it hears of it; until then it is no unhandled rejection.
  ended.catch(() => undefined);
  return { child, ended };
}

function refusal(machine: string, text: string, said: string): LabnetError {
  if (/nsenter: .*iptables-restore.*No such file/.test(said)) return missing('iptables-restore', 'iptables');
  const line = Number(/line:? (\d+)/.exec(said)?.[1] ?? 0);
  return refused(machine, 'iptables-restore', said.trim().split('\n')[0] ?? '', text.split('\n')[line - 1]);
}

function nftRefusal(machine: string, text: string, said: string): LabnetError {
  if (/nsenter: .*nft.*No such file/.test(said)) return missing('nft', 'nftables');
  const [, line, reason] = /rules\.nft:(\d+):[\d-]+: Error: (.*)/.exec(said) ?? [];
  return refused(
    machine,
    'nft',
    reason ?? said.trim().split('\n')[0] ?? '',
    text.split('\n')[Number(line) - 1],
  );
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
