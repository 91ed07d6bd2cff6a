/** What the command line does on this computer beside what the library is for: files, the browser, completion. */
import type { Names } from '../apply/names.js';

export { chooseFile } from '../apply/folder.js';
export { starterTopology } from '../apply/starter.js';

/** Opens an address in the browser, where there is a desktop; what it returns forgets the address. */
export async function openBrowser(url: string): Promise<() => void> {
  return (await import('../transport/browser.js')).openBrowser(url);
}

/** Writes files below a folder, which is made; paths that lead out of it are refused. */
export async function writeFiles(
  folder: string,
  files: readonly { readonly path: string; readonly text: string }[],
): Promise<void> {
  await (await import('../transport/files.js')).writeFiles(folder, files);
}

/**
 * Refuses a folder for a report in which somebody else's files have the names of it.
 * @throws LabnetError file-exists, file-unwritable
 */
export async function refuseReport(folder: string): Promise<void> {
  const { REPORT_FILES } = await import('../report/files.js');
  (await import('../transport/replace.js')).refuseOthers(folder, REPORT_FILES);
}

/**
 * Refuses a place for a bundle where somebody else's file is.
 * @throws LabnetError file-exists, file-unwritable
 */
export async function refuseBundle(path: string): Promise<void> {
  (await import('../apply/bundle/write.js')).refuseBundle(path);
}

/** What a shell may offer to complete: labs that run, their machines, and topology files. */
export async function namesForCompletion(): Promise<Names> {
  return (await import('../apply/names.js')).namesForCompletion();
}

/** An error as labnet's own where it says that this computer ran out of something; the error itself where it does not. */
export async function explain(error: unknown): Promise<unknown> {
  return (await import('../drivers/netns/room/explain.js')).explained(error);
}
