/** What goes wrong, as the engine says it. */
import { LabnetError, messageOf } from '../../../core/errors.js';
import { explained } from '../room/explain.js';
import type { Failure } from './protocol.js';

export function failureOf(thrown: unknown): Failure {
  const error = explained(thrown);
  const stack = error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {};
  return {
    message: messageOf(error),
    ...stack,
    ...(error instanceof LabnetError && { diagnostics: error.diagnostics }),
  };
}
