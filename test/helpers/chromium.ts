/** A real browser, without a window. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { chromium } from 'playwright-core';

const PATH = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));

/** Why there is none here; empty where there is. */
export const noChromium = PATH === undefined ? "no chromium: 'apt-get install chromium'" : '';

const ARGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

export type Browser = {
  readonly context: BrowserContext;
  readonly folder: string;
  readonly close: () => Promise<void>;
};

/** With a folder of its own, that nothing is left of. */
export async function openChromium(
  more: Parameters<typeof chromium.launchPersistentContext>[1] = {},
): Promise<Browser> {
  const folder = mkdtempSync(join(tmpdir(), 'labnet-chromium-'));
  const context = await chromium.launchPersistentContext(folder, {
    ...{ executablePath: PATH ?? '', args: ARGS, timeout: 120_000 },
    viewport: { width: 1280, height: 800 },
    ...more,
  });
  context.setDefaultTimeout(60_000);
  return {
    context,
    folder,
    close: async () => {
      await context.close();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Processes with a word in their command line. */
export const processesWith = (word: string): string[] =>
  readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(word);
    } catch {
      return false;
    }
  });

/**
 * What a page has become, without its scripts.
 * @param url with a fragment, perhaps
 */
export async function domOf(url: string): Promise<string> {
  const { context, close } = await openChromium();
  try {
    const page = await context.newPage();
    await page.goto(url);
    return (await page.content()).replace(/<script[^]*?<\/script>/g, '');
  } finally {
    await close();
  }
}
