/** Opens an address in the browser of who sits at this computer. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTool, toolPath } from '../sys/tools.js';

/**
 * By a file that only its owner can read, as everybody can read the command lines of others' programs, and the address has
 * a token. Does nothing without a desktop or xdg-open.
 * @returns what removes the file
 */
export function openBrowser(url: string): () => void {
  const program = findTool('xdg-open');
  const hasDesktop = ['DISPLAY', 'WAYLAND_DISPLAY'].some((name) => (process.env[name] ?? '') !== '');
  if (program === undefined || !hasDesktop) return () => undefined;
  const folder = mkdtempSync(join(tmpdir(), 'labnet-open-'));
  const file = join(folder, 'watch.html');
  writeFileSync(file, `<!doctype html><meta http-equiv="refresh" content="0;url=${url}">\n`, { mode: 0o600 });
  spawn(program, [file], {
    ...{ stdio: 'ignore', detached: true, cwd: '/' },
    env: { ...process.env, PATH: toolPath() },
  })
    .on('error', () => undefined)
    .unref();
  return () => rmSync(folder, { recursive: true, force: true });
}
