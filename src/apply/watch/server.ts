/** The HTTP server of `labnet watch`; guard.ts decides about access. */
import { createReadStream, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { failure, LabnetError, messageOf } from '../../core/errors.js';
import type { WireError } from '../../page/wire.js';
import type { Keys } from './guard.js';
import { COOKIE, judge } from './guard.js';

export type Given = { readonly type: string; readonly text: string };

export type Site = {
  readonly keys: Keys;
  /** The page; `style` has the hashes of its style elements for the content security policy. */
  readonly page: () => { readonly html: string; readonly styles: readonly string[] };
  /** Files of the page by name; undefined for unknown names. */
  readonly file: (name: string) => Given | undefined;
  /** A file to be downloaded. */
  readonly download: (name: string) => string | undefined;
  readonly stream: (response: ServerResponse) => void;
  /** Carries out the request of a button, by its path. A number is the HTTP status of a refusal. */
  readonly act: (path: string, body: unknown) => Promise<object | 404 | 409>;
};

const LONGEST_BODY = 16 << 10;
export const HOST = '127.0.0.1';

const COMMON = {
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

/** @throws LabnetError watch-port */
export async function serve(
  site: Site,
  port: number,
): Promise<{ readonly port: number; readonly close: () => void }> {
  const server = createServer((request, response) => void answer(site, request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(notListening(port, error)));
    server.listen({ host: HOST, port, exclusive: true }, resolve);
  });
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { port: (server.address() as AddressInfo).port, close };
}

const notListening = (port: number, { code = '' }: NodeJS.ErrnoException): Error =>
  failure(
    'watch-port',
    `cannot listen on port ${port} of ${HOST}: ${code === 'EADDRINUSE' ? 'it is in use' : code}`,
    'choose another port with --port, or leave it out',
  );

async function answer(site: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', url = '/', headers } = request;
  response.on('error', () => undefined);
  try {
    const judged = judge({ method, url, headers }, site.keys);
    if (judged.status !== 200) say(response, judged.status, { message: judged.why });
    else if (method === 'POST') await act(site, judged.path, request, response);
    else give(site, judged.path, response);
  } catch (error) {
    if (response.headersSent) response.destroy();
    else refuse(response, error);
  }
}

function give(site: Site, path: string, response: ServerResponse): void {
  const file = site.file(path);
  const download = site.download(path);
  if (path === '') givePage(site, response);
  else if (path === 'events') {
    response.writeHead(200, { ...COMMON, 'content-type': 'text/event-stream' });
    site.stream(response);
  } else if (file) response.writeHead(200, { ...COMMON, 'content-type': file.type }).end(file.text);
  else if (download !== undefined) giveFile(path, download, response);
  else say(response, 404, { message: 'there is no such thing' });
}

function giveFile(name: string, path: string, response: ServerResponse): void {
  response.writeHead(200, {
    ...COMMON,
    'content-type': 'application/vnd.tcpdump.pcap',
    'content-length': statSync(path).size,
    'content-disposition': `attachment; filename="${name}"`,
  });
  createReadStream(path)
    .on('error', () => response.destroy())
    .pipe(response);
}

function givePage({ keys, page }: Site, response: ServerResponse): void {
  const { html, styles } = page();
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' ${styles.map((hash) => `'${hash}'`).join(' ')}`,
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  response.writeHead(200, {
    ...COMMON,
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy.join('; '),
    // A session cookie: it is useless once the server has ended.
    'set-cookie': `${COOKIE}=${keys.token}; Path=/${keys.id}/; HttpOnly; SameSite=Strict`,
  });
  response.end(html);
}

async function act(
  site: Site,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await bodyOf(request);
  const done = body === undefined ? 400 : await site.act(path, body);
  if (done === 400) say(response, 400, { message: 'the request is no JSON' });
  else if (done === 404) say(response, 404, { message: 'there is no such thing' });
  else if (done === 409) say(response, 409, { message: 'that is under way already' });
  else response.writeHead(200, { ...COMMON, 'content-type': 'application/json' }).end(JSON.stringify(done));
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk as string;
    if (text.length > LONGEST_BODY) return undefined;
  }
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refuse(response: ServerResponse, error: unknown): void {
  const [first] = error instanceof LabnetError ? error.diagnostics : [];
  const { message, fix } = first ?? { message: messageOf(error) };
  const status = error instanceof LabnetError && error.exitCode === 2 ? 400 : 500;
  say(response, status, { message, ...(fix !== undefined && { fix }) });
}

function say(response: ServerResponse, status: number, error: WireError): void {
  response.writeHead(status, { ...COMMON, 'content-type': 'application/json' }).end(JSON.stringify(error));
}
