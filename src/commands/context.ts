/** What all commands share when they run: their output, and how they end. */
import type { Diagnostic } from '../core/diagnostic.js';
import { LabnetError } from '../core/errors.js';
import { engineSpent, inPhase, keepTime, phase, spent } from '../core/phases.js';
import type { Lab } from '../index.js';
import type { OutputName } from '../report/outputs.js';
import type { Style } from '../report/style.js';
import { styleFor } from '../report/style.js';
import type { Timing } from '../report/timing.js';
import { timingOf, timingText } from '../report/timing.js';

export type CommonOptions = {
  readonly json?: true | undefined;
  readonly debug?: true | undefined;
  readonly timing?: true | undefined;
  readonly stateDir?: string | undefined;
};

/** Of commands that are about a lab that runs. */
export type LabOptions = CommonOptions & { readonly lab?: string | undefined };

export class Output {
  readonly style: Style = styleFor(process.stdout);
  readonly errorStyle: Style = styleFor(process.stderr);

  constructor(
    readonly isJson: boolean,
    readonly isTimed = false,
  ) {}

  /** Text for people, or nothing where JSON is asked for. */
  say(text: string): void {
    if (!this.isJson) inPhase('report', () => process.stdout.write(`${text}\n`));
  }

  json(name: OutputName, value: Readonly<Record<string, unknown>>): void {
    if (!this.isJson) return;
    const timed = this.isTimed ? { timing: timing() } : {};
    process.stdout.write(`${JSON.stringify({ schema: `labnet.${name}/1`, ...value, ...timed })}\n`);
  }

  /** At the end of a command; JSON has it within. */
  timing(): void {
    if (this.isTimed && !this.isJson) process.stderr.write(`${timingText(timing())}\n`);
  }

  async diagnostics(diagnostics: readonly Diagnostic[]): Promise<void> {
    if (diagnostics.length === 0 || this.isJson) return;
    const { diagnosticsText } = await import('../report/diagnostics.js');
    process.stderr.write(`${diagnosticsText(diagnostics, this.errorStyle)}\n`);
  }

  /** A line each, for what has been read before: `labnet validate` shows the whole. */
  async brief(warnings: readonly Diagnostic[]): Promise<void> {
    if (warnings.length === 0 || this.isJson) return;
    const { briefText } = await import('../report/diagnostics.js');
    process.stderr.write(`${briefText(warnings, this.errorStyle)}\n`);
  }
}

const timing = (): Timing => timingOf(spent() ?? {}, engineSpent());

/** Runs a command to its exit code; every failure becomes diagnostics, in text or JSON. */
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
    if (debug === true)
      process.stderr.write(`${error instanceof Error ? (error.stack ?? '') : String(error)}\n`);
    process.exitCode = known.exitCode;
  }
  output.timing();
}

/** What is no mistake of labnet's and no user's: this computer ran out of something. */
async function understood(error: unknown): Promise<LabnetError> {
  const { explain } = await import('./local.js');
  const found = await explain(error);
  return found instanceof LabnetError ? found : unexpected(error);
}

/** A mistake of labnet's own: said as such, without a stack that nobody asked for. */
function unexpected(error: unknown): LabnetError {
  const message = error instanceof Error ? error.message : String(error);
  return new LabnetError([
    {
      code: 'engine-failed',
      severity: 'error',
      message: `unexpected: ${message}`,
      fix: 'this is a mistake in labnet: run it again with --debug and report what it prints',
    },
  ]);
}

/** Aborts on Ctrl-C and on being asked to end; a second Ctrl-C does not wait. */
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

/** With the lab that is meant, which is let go of afterwards. */
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
