/** What this computer needs to have routers open ports, asked for only where a lab wants it. */
import { spawnSync } from 'node:child_process';
import { diagnostic } from '../../core/diagnostic.js';
import { LabnetError } from '../../core/errors.js';
import type { Lab } from '../../model/lab.js';
import { hasPortControl } from '../../model/view.js';
import { findTool, toolEnv } from '../../sys/tools.js';

const PACKAGE = 'miniupnpd-nftables';

/** @throws LabnetError tool-missing */
export function requirePortControl(lab: Lab): void {
  const router = lab.machines.find(hasPortControl);
  if (!router) return;
  const missing = (message: string, fix: string): LabnetError =>
    new LabnetError([diagnostic('tool-missing', message, { fix })], 1);
  if (findTool('perl') === undefined)
    throw missing(
      `perl is not installed; ${router.name} needs it for port control`,
      'apt-get install perl-base',
    );
  if (findTool('miniupnpd') === undefined)
    throw missing(
      `miniupnpd is not installed; ${router.name} needs it for port control`,
      `apt-get install ${PACKAGE}`,
    );
  const { stdout } = spawnSync('miniupnpd', ['--version'], {
    env: toolEnv(),
    encoding: 'utf8',
    timeout: 10_000,
  });
  if (!stdout.includes('nftables'))
    throw missing(
      `${router.name} needs miniupnpd for port control, and the one here is not made for nftables`,
      `apt-get install ${PACKAGE}, which takes its place`,
    );
}
