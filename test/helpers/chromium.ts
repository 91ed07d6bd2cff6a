/** A page as a real browser has it, with scripts run; no browser is a reason to skip. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findTool, toolPath } from '../../src/sys/tools.js';
import { temporaryFolder } from './folder.js';

const TIMEOUT = 120_000;

export const chromium = findTool('chromium');

/**
 * What the page has become, without its scripts.
 * @param url with a fragment, perhaps
 */
export async function domOf(url: string): Promise<string> {
  if (chromium === undefined) throw new Error('chromium is not installed');
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
  const { stdout } = await promisify(execFile)(
    chromium,
    [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      ...quiet,
      `--user-data-dir=${temporaryFolder('chromium')}`,
      '--virtual-time-budget=5000',
      '--dump-dom',
      url,
    ],
    { timeout: TIMEOUT, maxBuffer: 64 << 20, env: { PATH: toolPath(), HOME: temporaryFolder('home') } },
  );
  return stdout.replace(/<script[^]*?<\/script>/g, '');
}
