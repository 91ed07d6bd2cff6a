/** Topologies for tests: the examples, and small ones written in place. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Diagnostic } from '../../src/core/diagnostic.js';
import type { Lab } from '../../src/model/lab.js';
import type { Resolved } from '../../src/model/resolve.js';
import { resolve } from '../../src/model/resolve.js';
import { parseTopology } from '../../src/topology/parse.js';

/** The repository, seen from dist/test/helpers. */
export const ROOT = new URL('../../../', import.meta.url);
export const pathTo = (path: string): string => new URL(path, ROOT).pathname;
export const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

/** What a tool printed, as captures have it. */
export const printed = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text, 'latin1'));

/** The examples of topologies/, by name; the large one is for benches. */
export const EXAMPLES = readdirSync(new URL('topologies/', ROOT))
  .filter((file) => file.endsWith('.yaml') && file !== 'wan-1000.yaml')
  .map((file) => file.replace('.yaml', ''));

export const examplePath = (name: string): string => pathTo(`topologies/${name}.yaml`);

export const resolveText = (text: string, file = 'lab.yaml'): Resolved => resolve(parseTopology(text, file));

/** The lab of a text that has no errors. */
export function labOf(text: string): Lab {
  const { lab, diagnostics } = resolveText(text);
  if (!lab) throw new Error(`not a good topology: ${diagnostics.map(({ message }) => message).join('; ')}`);
  return lab;
}

export const example = (name: string): Lab => labOf(read(`topologies/${name}.yaml`));

/** A router that lets two hosts open ports to a server outside. */
export const PORT_CONTROL = `name: home
segments: { home: 192.168.1.0/24, internet: 203.0.113.0/24 }
hosts: { alice: { home: 192.168.1.10 }, bob: { home: 192.168.1.11 }, server: { internet: 203.0.113.1 } }
routers:
  router:
    interfaces: { home: 192.168.1.1, internet: 203.0.113.11 }
    nat: [{ masquerade: home, via: internet, preset: home-router, port-control: true }]
`;

/** `code line:column` of each. */
export const brief = (diagnostics: readonly Diagnostic[]): string[] =>
  diagnostics.map(({ code, at }) => `${code} ${at?.line ?? 0}:${at?.column ?? 0}`);

/** The text of virtual-wan with a link between its router and intnetA. */
export const linkedWan = (link: string): string =>
  read('topologies/virtual-wan.yaml').replace(
    /intnetA: 192\.168\.10\.10 *,/,
    `intnetA: { address: 192.168.10.10, link: ${link} },`,
  );
