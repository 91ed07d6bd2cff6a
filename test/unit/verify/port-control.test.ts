/** What is said of the answers of a router that lets inside hosts open ports. */
import test from 'ava';
import type { Output } from '../../../src/core/command.js';
import type { Evidence, Judgement } from '../../../src/verify/check.js';
import { deriveChecks } from '../../../src/verify/derive.js';
import { labOf } from '../../helpers/topologies.js';

const lab = labOf(`name: x
segments: { lan: 10.0.0.0/24, wan: 203.0.113.0/24 }
hosts: { a: lan, b: wan }
routers:
  r: { lan: auto, wan: 203.0.113.11, nat: [{ masquerade: lan, via: wan, port-control: true }] }`);

const RIGHT = [
  '0080000000000001cb00710b',
  `028000000000000000000001${'00'.repeat(12)}`,
  Buffer.from('HTTP/1.1 200 OK\r\n').toString('hex'),
];

function judged(answers: readonly string[]): Judgement | undefined {
  const check = deriveChecks(lab).find(({ id }) => id === 'port-control/r');
  const output = (index: number): Output => {
    const stdout = answers[index] ?? '';
    return {
      exitCode: stdout === '' ? 1 : 0,
      stdout,
      stderr: stdout === '' ? 'no answer\n' : '',
      timedOut: false,
    };
  };
  return check?.judge({ output } as Evidence);
}

test('it passes where all answer as they should', (t) => {
  t.like(judged(RIGHT), {
    status: 'pass',
    observed: 'nat-pmp: told 203.0.113.11, pcp: answered, upnp: answered',
  });
});

test('it fails where one is silent, tells another address, or refuses', (t) => {
  const [natPmp = '', pcp = '', upnp = ''] = RIGHT;
  t.like(judged([natPmp, '', upnp]), { status: 'fail', observed: 'pcp: no answer' });
  t.like(judged(['0080000000000001cb00710c', pcp, upnp]), {
    status: 'fail',
    observed: 'nat-pmp: it tells 203.0.113.12',
  });
  t.like(judged(['0080000300000001', '02800001', Buffer.from('HTTP/1.1 503').toString('hex')]), {
    status: 'fail',
    observed:
      'nat-pmp: no public address; pcp: not answered with success: 02800001; upnp: not answered with success',
  });
});
