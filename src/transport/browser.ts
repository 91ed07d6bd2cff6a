/** Opens an address in the user's browser. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTool, toolPath } from '../sys/tools.js';

/**
 * The address has a token, and every user can read command lines. Therefore the browser gets a file that only its owner
 * can read. Does nothing without a desktop or xdg-open.
 * @returns a function that removes the file
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
