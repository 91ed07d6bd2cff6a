/** The environment of a run, as names and values. */
import type { Versions } from '../apply/report/versions.js';
import { list } from '../core/suggest.js';

export const versionLines = ({ labnet, node, system, driver, machines }: Versions): [string, string][] => [
  ['labnet', labnet],
  ['node', node],
  ['system', system],
  ['driver', driver],
  ...machines.flatMap(({ machines: names, programs }) => {
    const of = machines.length === 1 ? '' : ` of ${list(names)}`;
    return Object.entries(programs).map(([name, version]): [string, string] => [
      `${name}${of}`,
      version === '' ? 'not there' : version,
    ]);
  }),
];
