import type { Diagnostic, DiagnosticCode } from './diagnostic.js';
import { diagnostic } from './diagnostic.js';

/** 0 success, 1 a failed check or operation, 2 bad input, 130 Ctrl-C. */
export type ExitCode = 0 | 1 | 2 | 130;

/** The one error that labnet throws on purpose: failures a user can cause, as diagnostics. Any other error is a bug. */
export class LabnetError extends Error {
  override readonly name = 'LabnetError';

  constructor(
    readonly diagnostics: readonly Diagnostic[],
    readonly exitCode: ExitCode = 1,
    options?: ErrorOptions,
  ) {
    super(diagnostics.map(({ message }) => message).join('\n'), options);
  }
}

/** A wrong setting, and the key it belongs to. */
export type Problem = { readonly found: Diagnostic; readonly key: readonly string[] };

/** Wrong settings of a link or a NAT. */
export class SettingsError extends LabnetError {
  constructor(readonly problems: readonly Problem[]) {
    super(
      problems.map(({ found }) => found),
      2,
    );
  }
}

export const failure = (code: DiagnosticCode, message: string, fix?: string, cause?: unknown): LabnetError =>
  new LabnetError([diagnostic(code, message, { fix })], 1, { cause });

export const badInput = (code: DiagnosticCode, message: string, fix?: string): LabnetError =>
  new LabnetError([diagnostic(code, message, { fix })], 2);

/** Several errors as one, with the diagnostics of all. */
export function together(errors: readonly unknown[]): LabnetError {
  const diagnostics = errors.flatMap((error): readonly Diagnostic[] =>
    error instanceof LabnetError ? error.diagnostics : [diagnostic('command-failed', messageOf(error))],
  );
  const exitCode = errors.every((error) => error instanceof LabnetError && error.exitCode === 2) ? 2 : 1;
  return new LabnetError(diagnostics, exitCode, { cause: errors[0] });
}

/** Whether an error has a diagnostic with one of these codes. */
export const hasCode = (error: unknown, ...codes: readonly DiagnosticCode[]): error is LabnetError =>
  error instanceof LabnetError && error.diagnostics.some(({ code }) => codes.includes(code));

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
