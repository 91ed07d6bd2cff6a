/** Asks the server to do something. */
import type { WireError } from './wire.js';

/** Asks the server; says what it refuses. */
export async function post(path: string, body: object, complain: (text: string) => void): Promise<void> {
  complain('');
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (response.ok) return;
    const { message, fix } = (await response.json()) as WireError;
    complain(fix === undefined ? message : `${message} – ${fix}`);
  } catch {
    complain('labnet watch does not answer');
  }
}
