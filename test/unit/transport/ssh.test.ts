import test from 'ava';
import { execFileSync } from 'node:child_process';
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { progressOf, readStates } from '../../../src/drivers/vagrant/cli.js';
import { fingerprint, forgetHost, HostKeys } from '../../../src/transport/ssh/host-keys.js';
import { quoteAll } from '../../../src/transport/ssh/quote.js';
import { readTarget } from '../../../src/transport/ssh/target.js';
import { temporaryFolder } from '../../helpers/folder.js';

test('whatever the words are, a shell reads them as they were', (t) => {
  const words = fc.array(
    fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', "'", '$(id)', '`', '\n', '-n', '!', '\\')),
    { minLength: 1, maxLength: 5 },
  );
  const isGood = (all: readonly string[]): boolean => !all.some((one) => /[\0\ud800-\udfff]/.test(one));
  fc.assert(
    fc.property(words.filter(isGood), (all) => {
      const script = `for one in ${quoteAll(all)}; do printf '%s\\0' "$one"; done`;
      const read = execFileSync('sh', ['-c', script], { encoding: 'utf8' });
      t.deepEqual(read.split('\0').slice(0, -1), all);
    }),
    { numRuns: 150 },
  );
  t.throws(() => quoteAll(['a\0b']), { instanceOf: TypeError });
});

test('a target is what ssh -G says', (t) => {
  const text = [
    'host proxyA',
    'hostname 192.168.121.11',
    'user vagrant',
    'port 2222',
    'identitiesonly yes',
    'identityfile /no/such/key',
    'identityfile "/etc/hostname"',
    'proxycommand none',
  ].join('\n');
  t.deepEqual(readTarget('/lab/config', 'proxyA', text), {
    machine: 'proxyA',
    host: '192.168.121.11',
    port: 2222,
    user: 'vagrant',
    keys: ['/etc/hostname'],
  });
});

test('what a connection goes through is run as ssh would', (t) => {
  const proxyIn = (line: string) =>
    readTarget('/c', 'a', `hostname b\nport 2200\nuser me\n${line}`).proxy?.argv;
  const ssh = ['ssh', '-F', '/c', '-o', 'BatchMode=yes'];
  const way = ['-W', '[b]:2200', '--'];
  t.deepEqual(proxyIn('proxyjump bastion'), [...ssh, ...way, 'bastion']);
  t.deepEqual(proxyIn('proxyjump x,root@[2001:db8::1]:22'), [
    ...[...ssh, '-J', 'x', '-l', 'root', '-p', '22'],
    ...[...way, '2001:db8::1'],
  ]);
  t.deepEqual(proxyIn('proxycommand nc %h %p # %n %r 100%%')?.slice(1), ['-c', 'exec nc b 2200 # a me 100%']);
  t.is(proxyIn('proxyjump none\nproxycommand none'), undefined);
});

test('the host key seen first is the one that is taken, until it is forgotten', (t) => {
  const path = join(temporaryFolder('keys'), 'known_hosts');
  const key = (text: string): Buffer =>
    Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from(`ssh-ed25519${text}`)]);
  const first = new HostKeys(path);
  t.is(first.meet('a', key('one')), 'new');
  t.is(first.meet('b', key('two')), 'new');
  t.is(first.meet('a', key('one')), 'known');
  const later = new HostKeys(path);
  t.is(later.meet('a', key('other')), 'changed');
  t.regex(readFileSync(path, 'utf8'), /^a ssh-ed25519 \S+\nb ssh-ed25519 \S+\n$/);
  forgetHost(path, 'a');
  t.is(new HostKeys(path).meet('a', key('other')), 'new');
  t.is(new HostKeys(path).meet('b', key('two')), 'known');
  t.regex(fingerprint(key('one')), /^SHA256:[A-Za-z0-9+/]{43}$/);
});

test('what vagrant says of its machines, as it was recorded', (t) => {
  t.deepEqual(progressOf('==> m1: Starting domain.'), { machine: 'm1', text: 'Starting domain.' });
  t.deepEqual(progressOf('    m1: SSH address: 192.168.121.86:22'), {
    machine: 'm1',
    text: 'SSH address: 192.168.121.86:22',
  });
  t.is(progressOf("Bringing machine 'm1' up with 'libvirt' provider..."), undefined);
  const states = readStates(
    '1795270941,m1,metadata,provider,libvirt\n1795270941,m1,state,shutoff\n1795270941,m2,state,not_created\n1795270941,,ui,info,Current\n',
  );
  t.deepEqual(
    [...states],
    [
      ['m1', 'shutoff'],
      ['m2', 'not_created'],
    ],
  );
});
