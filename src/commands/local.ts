/** What the command line does beside calling the library: files, the browser, completion. */
import type { Names } from '../apply/names.js';

export { chooseFile } from '../apply/folder.js';
export { starterTopology } from '../apply/starter.js';

/** Opens an address in the browser, if there is a desktop. Returns a function that removes the file with the address. */
export async function openBrowser(url: string): Promise<() => void> {
  return (await import('../transport/browser.js')).openBrowser(url);
}

/** Writes files to a folder, which is made if it is missing. Paths that lead out of it are refused. */
export async function writeFiles(
  folder: string,
  files: readonly { readonly path: string; readonly text: string }[],
): Promise<void> {
  await (await import('../transport/files.js')).writeFiles(folder, files);
}

/**
 * Refuses a folder for a report if it has files of the same names that labnet did not write.
 * @throws LabnetError file-exists, file-unwritable
 */
export async function refuseReport(folder: string): Promise<void> {
  const { REPORT_FILES } = await import('../report/files.js');
  (await import('../transport/replace.js')).refuseOthers(folder, REPORT_FILES);
}

/**
 * Refuses a path for a bundle where labnet did not write the existing file.
 * @throws LabnetError file-exists, file-unwritable
 */
export async function refuseBundle(path: string): Promise<void> {
  (await import('../apply/bundle/write.js')).refuseBundle(path);
}

/** Names for shell completion: running labs, their machines, and topology files. */
export async function namesForCompletion(): Promise<Names> {
  return (await import('../apply/names.js')).namesForCompletion();
}

/** Turns errors of a computer that ran out of a resource into diagnostics; returns other errors unchanged. */
export async function explain(error: unknown): Promise<unknown> {
  return (await import('../drivers/netns/room/explain.js')).explained(error);
}
