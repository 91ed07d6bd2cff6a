/** Shared by all commands: output, errors and exit codes. */
import type { Diagnostic } from '../core/diagnostic.js';
import { LabnetError } from '../core/errors.js';
import { engineSpent, inPhase, keepTime, phase, spent } from '../core/phases.js';
import type { Lab } from '../index.js';
import type { OutputName } from '../report/outputs.js';
import type { Style } from '../report/style.js';
import { styleFor } from '../report/style.js';
import type { Timing } from '../report/timing.js';
import { timingOf, timingText } from '../report/timing.js';
import { stderr, stdout } from '../sys/standard.js';

export type CommonOptions = {
  readonly json?: true | undefined;
  readonly debug?: true | undefined;
  readonly timing?: true | undefined;
  readonly stateDir?: string | undefined;
};

/** Options of commands about a running lab. */
export type LabOptions = CommonOptions & { readonly lab?: string | undefined };

export class Output {
  readonly style: Style = styleFor(stdout);
  readonly errorStyle: Style = styleFor(stderr);

  constructor(
    readonly isJson: boolean,
    readonly isTimed = false,
  ) {}

  /** Prints text for people, or nothing with --json. */
  say(text: string): void {
    if (!this.isJson) inPhase('report', () => stdout.write(`${text}\n`));
  }

  json(name: OutputName, value: Readonly<Record<string, unknown>>): void {
    if (!this.isJson) return;
    const timed = this.isTimed ? { timing: timing() } : {};
    stdout.write(`${JSON.stringify({ schema: `labnet.${name}/1`, ...value, ...timed })}\n`);
  }

  /** Prints warnings at the end of a command; with --json they are in the object. */
  timing(): void {
    if (this.isTimed && !this.isJson) stderr.write(`${timingText(timing())}\n`);
  }

  async diagnostics(diagnostics: readonly Diagnostic[]): Promise<void> {
    if (diagnostics.length === 0 || this.isJson) return;
    const { diagnosticsText } = await import('../report/diagnostics.js');
    stderr.write(`${diagnosticsText(diagnostics, this.errorStyle)}\n`);
  }

  /** Prints diagnostics in short form, one line each; `labnet validate` shows them in full. */
  async brief(warnings: readonly Diagnostic[]): Promise<void> {
    if (warnings.length === 0 || this.isJson) return;
    const { briefText } = await import('../report/diagnostics.js');
    stderr.write(`${briefText(warnings, this.errorStyle)}\n`);
  }
}

const timing = (): Timing => timingOf(spent() ?? {}, engineSpent());

/** Runs a command and returns its exit code. Every failure is printed as diagnostics, in text or JSON. */
export async function run(
  { json, debug, timing: isTimed }: CommonOptions,
  work: (output: Output) => Promise<number | undefined>,
): Promise<void> {
  if (isTimed === true) keepTime(() => performance.now(), 'start', 0);
  const output = new Output(json === true, isTimed);
  try {
    phase('rest');
    process.exitCode = (await work(output)) ?? 0;
  } catch (error) {
    const known = error instanceof LabnetError ? error : await understood(error);
    output.json('error', { diagnostics: known.diagnostics });
    await output.diagnostics(known.diagnostics);
    if (debug === true) stderr.write(`${error instanceof Error ? (error.stack ?? '') : String(error)}\n`);
    process.exitCode = known.exitCode;
  }
  output.timing();
}

/** Recognises errors of a computer that ran out of a resource. */
async function understood(error: unknown): Promise<LabnetError> {
  const { explain } = await import('./local.js');
  const found = await explain(error);
  return found instanceof LabnetError ? found : unexpected(error);
}

/** Reports a bug of labnet, without a stack trace. */
function unexpected(error: unknown): LabnetError {
  const message = error instanceof Error ? error.message : String(error);
  return new LabnetError([
    {
      code: 'engine-failed',
      severity: 'error',
      message: `unexpected: ${message}`,
      fix: 'this is a bug in labnet: run it again with --debug, and report the output',
    },
  ]);
}

/** Aborts on Ctrl-C and on SIGTERM; a second Ctrl-C ends at once. */
export function abortOnSignal(): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, stop);
  return { signal: controller.signal, release: () => signals.forEach((name) => process.off(name, stop)) };
}

/** Opens the wanted lab for a piece of work, and closes it afterwards. */
export const withLab = (
  { lab: wanted, stateDir, ...options }: LabOptions,
  work: (lab: Lab, output: Output) => Promise<number>,
): Promise<void> =>
  run(options, async (output) => {
    const { Lab: Labs } = await import('../index.js');
    const lab = await Labs.open(wanted, { stateDir });
    try {
      return await work(lab, output);
    } finally {
      await lab.close();
    }
  });
