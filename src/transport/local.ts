/** Programs on this computer with the terminal of the caller, by execa. */
import { exitCodeOfSignal } from './exit-code.js';

export type Ended = {
  /** 128 and more for a signal, as shells have it; null where it could not be started. */
  readonly exitCode: number | null;
  readonly error?: string;
};

/** @param more files that it gets, open, behind the three of the caller */
export async function runLocal(
  [program, ...rest]: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
  more: readonly number[] = [],
): Promise<Ended> {
  const { execa } = await import('execa');
  // Ctrl-C reaches the program through the terminal, and the program decides what to do.
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  try {
    const { exitCode, signal, code } = await execa(program, rest, {
      // Numbers are files of this process to node's spawn, whatever execa's types say of those behind the first three.
      stdio: ['inherit', 'inherit', 'inherit', ...more] as ['inherit', 'inherit', 'inherit'],
      // The program goes to its folder by itself; ours may be closed to this user.
      cwd: '/',
      env,
      extendEnv: false,
      reject: false,
    });
    if (signal !== undefined) return { exitCode: exitCodeOfSignal(signal) };
    return exitCode === undefined ? { exitCode: null, error: code ?? 'unknown' } : { exitCode };
  } finally {
    process.off('SIGINT', ignore);
  }
}
