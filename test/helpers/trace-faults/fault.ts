/** Something planted in a lab by hand, and what `labnet trace` has to say of it. */
import type { TraceCause } from '../../../src/index.js';

export type Fault = {
  readonly title: string;
  readonly lab: string;
  /** Shell, run in machines. */
  readonly plant: Readonly<Record<string, string>>;
  readonly trace: readonly string[];
  readonly kind: TraceCause['kind'];
  readonly machine: string;
  readonly text: RegExp;
  readonly fix: RegExp;
  readonly leg?: 'back';
};

export const CHAIN = { lab: 'router-chain', trace: ['source', 'sink'] } as const;
export const WAN = { lab: 'virtual-wan', trace: ['proxyA', 'proxyB'] } as const;
