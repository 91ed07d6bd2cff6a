/** Capture filters of a scenario, which are understood before a run: tcpdump says what is wrong, the file where. */
import test from 'ava';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { planRuns } from '../../../../src/apply/run/load.js';
import { LabnetError } from '../../../../src/core/errors.js';
import { temporaryFolder } from '../../../helpers/folder.js';
import { HOMES } from '../../../helpers/scenarios.js';

/** `line:column message (fix)` of each diagnostic. */
function said(capture: string, more = ''): string[] {
  const folder = temporaryFolder('filters');
  writeFileSync(join(folder, 'homes.yaml'), HOMES);
  const file = join(folder, 'test.scenario.yaml');
  writeFileSync(file, `topology: homes.yaml\n${more}timeline:\n  - { at: 1s, capture: ${capture} }\n`);
  try {
    planRuns(file);
    return [];
  } catch (error) {
    if (!(error instanceof LabnetError)) throw error;
    return error.diagnostics.map(
      ({ code, message, fix = '', at }) => `${code} ${at?.line}:${at?.column} ${message} (${fix})`,
    );
  }
}

test('a filter that tcpdump does not understand is said where it stands, before a run', (t) => {
  const [first = '', ...others] = said('{ at: alice, filter: tcp prt 80 }');
  t.deepEqual(others, []);
  t.regex(first, /^capture-filter 3:45 the filter: .*syntax error.* \(as tcpdump has it, such as 'icmp'/);
  t.deepEqual(said('{ at: [alice, server], filter: tcp port 80 and not arp }'), []);
});

test('a filter for Ethernet is for one segment', (t) => {
  t.regex(said('{ at: alice, filter: "ether host 2:0:0:0:0:1" }')[0] ?? '', /name one segment/);
  t.deepEqual(said('{ at: "alice:home", filter: "ether host 2:0:0:0:0:1" }'), []);
});

test("machines' names are known, wherever they stand, and what is beside them is judged", (t) => {
  for (const filter of [
    'host server',
    'src alice and (dst server or router)',
    'not host alice or server',
    'udp and host server.internet',
    'src net 10 and dst port 53 and not src host 10.0.0.9',
    'ip6 and src and dst port 53 and host fd00::1',
  ])
    t.deepEqual(said(`{ at: router, filter: ${filter} }`), [], filter);
  t.regex(said('{ at: alice, filter: host server and tcp prt 80 }')[0] ?? '', /syntax error/);
  const [unknown = ''] = said('{ at: alice, filter: host sevrer }');
  t.regex(unknown, /unknown host 'sevrer'.*\(did you mean 'server'\?\)/);
  // localhost. is one to a name server, and one that no hosts file has.
  t.regex(said('{ at: alice, filter: icmp and dst localhost. }')[0] ?? '', /unknown host 'localhost\.'/);
});

test('every value of a sweep is tried, each once', (t) => {
  const found = said('{ at: alice, filter: "udp port ${port}" }', 'sweep: { port: [53, 99999, sixty] }\n');
  t.is(found.length, 2);
  t.regex(found.join(), /99999.*sixty/);
});

test('a filter is one argument, never an option or a command', (t) => {
  const evil = join(temporaryFolder('evil'), 'made');
  for (const filter of [`-w ${evil}`, `; touch ${evil}`, `$(touch ${evil})`, '-z touch'])
    t.regex(said(`{ at: alice, filter: '${filter}' }`)[0] ?? '', /capture-filter/, filter);
  t.regex(said('{ at: alice, filter: "udp\\0" }')[0] ?? '', /NUL/);
  t.throws(() => writeFileSync(evil, '', { flag: 'r+' }), { code: 'ENOENT' });
});
