/** A lab of two hosts on a segment, with a link that a test writes otherwise again and again. */
import type { ExecutionContext } from 'ava';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Who } from './cli.js';
import { World } from './cli.js';
import { temporaryFolder } from './folder.js';
import { echoes, iperfRate } from './link-traffic.js';

/**
 * @param a the link of host A, as YAML; none where it is empty
 * @param segment the same of the segment
 */
export const linkedPair = (a: string, segment = ''): string => `name: links
segments: { lan: { subnet: 10.1.0.0/24, subnet6: '2001:db8::/64'${segment === '' ? '' : `, link: ${segment}`} } }
hosts:
  A: { lan: { address: 10.1.0.1${a === '' ? '' : `, link: ${a}`} } }
  B: { lan: 10.1.0.2 }
`;

export class LinkLab {
  readonly world: World;
  readonly file: string;

  constructor(t: ExecutionContext, who: Who = 'self') {
    this.world = new World(who);
    t.teardown(() => this.world.end());
    const folder = temporaryFolder('links');
    chmodSync(folder, 0o755);
    this.file = join(folder, 'links.yaml');
  }

  write = (a: string, segment = ''): void => writeFileSync(this.file, linkedPair(a, segment));

  async up(t: ExecutionContext): Promise<void> {
    const { code, stderr } = await this.world.run('up', this.file);
    t.is(code, 0, stderr);
  }

  /** What 'plan' would do. */
  async planned(): Promise<string[]> {
    const { changes } = await this.world.json('plan', this.file, '--json');
    return (changes as { change: string; text: string; reason: string }[]).map(
      ({ change, text, reason }) => `${change} ${text} (${reason})`,
    );
  }

  start = (machine: string, ...argv: readonly string[]) => this.world.start('exec', machine, '--', ...argv);
  exec = async (machine: string, ...argv: readonly string[]): Promise<string> =>
    (await this.world.run('exec', machine, '--', ...argv)).stdout;
  rate = (...more: readonly string[]): Promise<number> => iperfRate(this, ...more);
  echoes = (count: number): Promise<number> => echoes(this, count);
}
