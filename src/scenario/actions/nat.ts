import * as z from 'zod';
import { didYouMean } from '../../core/suggest.js';
import { behaviourOf } from '../../model/mappings/behaviour.js';
import { record } from '../../topology/record.js';
import { behaviourKeys } from '../../topology/schema.js';
import type { Path } from '../../topology/source.js';
import type { Judging } from '../action.js';
import { action } from '../action.js';
import { name } from '../schema.js';

const router = name.describe('a router with masquerade');

export const natSet = action({
  kind: 'nat-set',
  about: "changes a router's NAT behaviour while the lab runs",
  schema: record({ router, ...behaviourKeys }).describe('{ router: NAME, preset: PRESET }'),
  judge: ({ router: named, ...written }, judging) => {
    requireNat(judging, named, ['router']);
    if (Object.keys(written).length === 0)
      judging.report('missing-key', 'no setting was given', [], "such as 'preset: symmetric'");
    behaviourOf(
      { say: (code, message, key, fix) => judging.report(code, message, [key].flat(), fix) },
      written,
    );
  },
  text: ({ router: named, ...written }) =>
    `nat-set ${named}: ${Object.entries(written)
      .map(([key, value]) => `${key}=${typeof value === 'object' ? JSON.stringify(value) : value}`)
      .join(' ')}`,
});

export const natFlush = action({
  kind: 'nat-flush',
  about: "clears a router's NAT mappings and connections, as a reboot would",
  schema: router,
  judge: (named, judging) => requireNat(judging, named, []),
  text: (named) => `nat-flush ${named}`,
});

export const natProbe = action({
  kind: 'nat-probe',
  about:
    'measures mapping, filtering, hairpinning and the choice of ports of a router, with packets through it',
  schema: router,
  judge: (named, judging) => requireNat(judging, named, []),
  canRepeat: () => true,
  text: (named) => `nat-probe ${named}`,
});

function requireNat({ lab, machine, report }: Judging, named: string, path: Path): void {
  const found = machine(named, path);
  if (!found || found.nat.some(({ kind }) => kind === 'masquerade')) return;
  const names = lab.machines
    .filter(({ nat }) => nat.some(({ kind }) => kind === 'masquerade'))
    .map((one) => one.name);
  const fix =
    names.length > 0 ? didYouMean(named, names, 'routers that have it') : 'no router of the topology has it';
  report('unknown-router', `${named} has no 'masquerade'`, path, fix);
}

export const punch = action({
  kind: 'punch',
  about: 'tries hole punching between two hosts with the help of a server (RFC 5128 section 3.3)',
  schema: record({
    between: z.array(name).length(2).describe('the two hosts, as a list'),
    server: name.describe('the host that both reach, which tells each where the other is seen'),
    protocol: z.enum(['udp', 'tcp']).optional().describe('default: udp'),
  }).describe('{ between: [HOST, HOST], server: HOST }'),
  judge: ({ between, server }, judging) => {
    for (const [index, host] of between.entries()) judging.machine(host, ['between', index]);
    judging.machine(server, ['server']);
    if (new Set([...between, server]).size < 3)
      judging.report(
        'wrong-value',
        'hole punching takes two different hosts and a third one as the server',
        ['between'],
        'write between: [HOST, HOST], server: HOST, with three names',
      );
    // Shows the address by which each reaches the server.
    else for (const host of between) judging.check({ ping: `${host} -> ${server}` }, ['between']);
  },
  canRepeat: () => true,
  text: ({ between, server, protocol = 'udp' }) => `punch ${protocol} ${between.join(' - ')} by ${server}`,
});
