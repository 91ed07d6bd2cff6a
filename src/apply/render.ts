/** Writes what `up` would do as files that a person can read and run. */
import { DEFAULT_DRIVER, driverNamed } from '../drivers/registry.js';
import { inPhase } from '../core/phases.js';
import type { Lab } from '../model/lab.js';
import type { RenderedFile } from '../render/scripts.js';

export type { RenderedFile };

export type RenderOptions = {
  /** Default: netns. */
  readonly driver?: string | undefined;
  /** The folder of the topology file, where its own scripts are. */
  readonly baseDir?: string | undefined;
};

export async function render(lab: Lab, options: RenderOptions = {}): Promise<readonly RenderedFile[]> {
  const driver = await driverNamed(options.driver ?? DEFAULT_DRIVER);
  return inPhase('render', () => driver.render(lab, options.baseDir ?? process.cwd()));
}
