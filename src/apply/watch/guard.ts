/**
 * Access control of `labnet watch`. The server listens on the loopback address only, but every user of this computer and every page in a
 * browser can reach it: each request needs a token, and requests that start something must come from the page itself.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

/** `id` is a folder that contains everything, so that the browser sends the cookie with the token to no other server. */
export type Keys = { readonly id: string; readonly token: string };

export type Asked = {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
};

export type Judged =
  | {
      readonly status: 200;
      /** Below the folder: '' is the page. */
      readonly path: string;
    }
  | { readonly status: 403 | 405 | 415; readonly why: string };

export const COOKIE = 'labnet-watch';

const refused = (why: string): Judged => ({ status: 403, why });

export function judge(asked: Asked, { id, token }: Keys): Judged {
  const { method, url } = asked;
  const header = headerOf(asked);
  const host = header('host') ?? '';
  // Another host name may resolve to this address, which would give its page the same origin (DNS rebinding).
  if (!/^(127\.0\.0\.1|localhost)(:\d{1,5})?$/i.test(host))
    return refused('this is not how this server is called');
  const { pathname, searchParams } = new URL(url, 'http://127.0.0.1');
  const bearer = /^Bearer (\S+)$/.exec(header('authorization') ?? '')?.[1];
  const shown = [searchParams.get('token'), bearer, cookieIn(header('cookie') ?? '')];
  if (!pathname.startsWith(`/${id}/`) || !shown.some((one) => isSame(one ?? '', token)))
    return refused('open the address that labnet watch has printed: it has a token');
  if (isFromElsewhere(header)) return refused('another page asks');
  const path = pathname.slice(id.length + 2);
  if (method === 'GET') return { status: 200, path };
  if (method !== 'POST') return { status: 405, why: 'GET or POST' };
  // A program that sends the token in a header is not a page, and has no origin.
  const origin = header('origin');
  const isOwn = origin === undefined ? bearer !== undefined : origin === `http://${host}`;
  if (!isOwn) return refused('another page asks');
  if (!/^application\/json\b/.test(header('content-type') ?? ''))
    return { status: 415, why: 'application/json' };
  return { status: 200, path };
}

const headerOf =
  ({ headers }: Asked) =>
  (name: string): string | undefined => {
    const value = headers[name];
    return typeof value === 'string' ? value : value?.[0];
  };

const cookieIn = (text: string): string | undefined =>
  text
    .split(/; */)
    .find((one) => one.startsWith(`${COOKIE}=`))
    ?.slice(COOKIE.length + 1);

/** Compares in constant time. */
function isSame(a: string, b: string): boolean {
  const [one, other] = [a, b].map((text) => createHash('sha256').update(text).digest());
  return one !== undefined && other !== undefined && timingSafeEqual(one, other);
}

/** Fetch Metadata of browsers: other pages may link here, but not embed or read anything. */
function isFromElsewhere(header: (name: string) => string | undefined): boolean {
  const site = header('sec-fetch-site');
  const leads = header('sec-fetch-mode') === 'navigate' && header('sec-fetch-dest') === 'document';
  return site !== undefined && site !== 'same-origin' && site !== 'none' && !leads;
}
