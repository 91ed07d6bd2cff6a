import test from 'ava';
import type { Asked } from '../../../../src/apply/watch/guard.js';
import { COOKIE, judge } from '../../../../src/apply/watch/guard.js';

const KEYS = { id: '0123456789abcdef', token: 'right' };
const HOST = '127.0.0.1:4000';

const get = (path: string, headers: Asked['headers'] = {}): Asked => ({
  method: 'GET',
  url: `/${KEYS.id}/${path}`,
  headers: { host: HOST, ...headers },
});
const post = (headers: Asked['headers']): Asked => ({
  ...get('verify', { cookie: `${COOKIE}=right`, 'content-type': 'application/json', ...headers }),
  method: 'POST',
});
const statusOf = (asked: Asked): number => judge(asked, KEYS).status;

test('the token opens it in the address, in a header and as a cookie among others', (t) => {
  t.deepEqual(judge(get('?token=right'), KEYS), { status: 200, path: '' });
  t.deepEqual(judge(get('events', { authorization: 'Bearer right' }), KEYS), { status: 200, path: 'events' });
  t.is(statusOf(get('watch.css', { cookie: `a=1; ${COOKIE}=right; b=2` })), 200);
});

test('without it, with another, and in another folder there is nothing', (t) => {
  for (const asked of [
    get(''),
    get('?token='),
    get('?token=wrong'),
    get('?token=right2'),
    get('events', { authorization: 'Bearer' }),
    get('events', { authorization: 'Basic right' }),
    get('events', { cookie: `${COOKIE}=; token=right; x${COOKIE}=right` }),
    { ...get(''), url: '/?token=right' },
    { ...get(''), url: '/fedcba9876543210/?token=right' },
    { ...get(''), url: `/${KEYS.id}/../?token=right` },
    { ...get(''), url: `http://evil.example/?token=right` },
  ])
    t.is(statusOf(asked), 403, JSON.stringify(asked));
});

test('only by its own names: one that somebody else answers for is refused, with the token, too', (t) => {
  for (const host of ['127.0.0.1', '127.0.0.1:9000', 'localhost:4000', 'LOCALHOST'])
    t.is(statusOf(get('?token=right', { host })), 200, host);
  for (const host of [
    'rebound.example:4000',
    '127.0.0.1.example:4000',
    'localhost.example',
    '127.0.0.1@evil.example',
    '0.0.0.0:4000',
    '127.0.0.2:4000',
    '[::1]:4000',
    '',
    undefined,
  ])
    t.is(statusOf(get('?token=right', { host })), 403, host);
});

test('what changes something comes from the page itself, as JSON', (t) => {
  t.is(statusOf(post({ origin: `http://${HOST}` })), 200);
  for (const origin of ['http://evil.example', 'null', 'http://127.0.0.1:9999', `https://${HOST}`, undefined])
    t.is(statusOf(post({ origin })), 403, origin);
  t.is(statusOf(post({ origin: `http://${HOST}`, 'content-type': 'text/plain' })), 415);
  t.is(statusOf(post({ origin: `http://${HOST}`, 'content-type': undefined })), 415);
  // A program has no origin, and shows that it knows the token by itself.
  t.is(statusOf(post({ authorization: 'Bearer right', cookie: undefined })), 200);
  t.is(statusOf(post({ authorization: 'Bearer right', origin: 'http://evil.example' })), 403);
  t.is(statusOf({ ...get('?token=right'), method: 'DELETE' }), 405);
});

test('another page may lead here, and embed or read nothing', (t) => {
  const cookie = `${COOKIE}=right`;
  const from = (site: string, mode: string, dest: string): number =>
    statusOf(get('', { cookie, 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': dest }));
  t.is(from('none', 'navigate', 'document'), 200);
  t.is(from('cross-site', 'navigate', 'document'), 200);
  t.is(from('same-origin', 'cors', 'empty'), 200);
  t.is(from('same-site', 'no-cors', 'script'), 403);
  t.is(from('cross-site', 'no-cors', 'image'), 403);
  t.is(from('cross-site', 'navigate', 'iframe'), 403);
  t.is(from('same-site', 'cors', 'empty'), 403);
});
