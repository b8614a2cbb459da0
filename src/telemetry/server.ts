// A few pages over HTTP, for those who watch: metrics, health, status.
//
// Promise: it listens on this machine alone unless it is told otherwise, answers reads only, and a
// page that fails is a 500 that tells the reader nothing of what failed. It never keeps a process alive.

import { createServer, type ServerResponse } from 'node:http';
import { UsageError, codeOf, firstLine } from '../core/errors.ts';
import { LOOPBACK } from '../core/worker-options.ts';
import type { Metrics } from './metrics.ts';

/** Nothing may be loaded, run, framed or guessed; the pages carry their own style. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
} as const;

export interface Page {
  /** Content type. */
  readonly type: string;
  readonly body: string;
  /** 200 where it is not given. */
  readonly status?: number;
}

export interface PageServer {
  readonly url: string;
  close(): Promise<void>;
}

export interface PagesOptions {
  readonly host?: string;
  /** 0 takes any that is free. */
  readonly port: number;
  /** By path, as `/healthz`. */
  readonly pages: Readonly<Record<string, () => Page | Promise<Page>>>;
  /** The user's flag for the port, for the message that it is taken. */
  readonly flag?: string;
  /** Told of a page that failed. */
  readonly onError?: (error: unknown) => void;
}

/** @throws UsageError where it cannot listen there. */
export async function servePages({ host = LOOPBACK, port, pages, flag = '--metrics', onError }: PagesOptions): Promise<PageServer> {
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
    const path = (request.url ?? '/').replace(/[?#].*$/s, '');
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
    if (request.method !== 'GET' && request.method !== 'HEAD') send(response, { type: 'text/plain', body: 'read only\n', status: 405 });
    else if (page === undefined) send(response, { type: 'text/plain', body: `pages: ${Object.keys(pages).join(' ')}\n`, status: 404 });
    else void answer(response, page, onError);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  }).catch((error: unknown) => {
    const why =
      codeOf(error) === 'EADDRINUSE' ? `is taken: ${flag} names another, 0 any that is free` : `cannot be listened on (${codeOf(error) ?? firstLine(error)})`;
    throw new UsageError(`${flag} ${port}: the port of ${host} ${why}`, { cause: error });
  });
  server.unref();
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        // A reader that keeps its connection would keep the server open.
        server.closeAllConnections();
      }),
  };
}

async function answer(response: ServerResponse, page: () => Page | Promise<Page>, onError?: (error: unknown) => void): Promise<void> {
  try {
    send(response, await page());
  } catch (error) {
    send(response, { type: 'text/plain', body: 'this page could not be made; the log says why\n', status: 500 });
    onError?.(error);
  }
}

function send(response: ServerResponse, { type, body, status = 200 }: Page): void {
  const charset = type.includes('charset') ? type : `${type}; charset=utf-8`;
  response.writeHead(status, { ...HEADERS, 'content-type': charset }).end(body);
}

export interface MetricsServerOptions extends Omit<PagesOptions, 'pages'> {
  readonly metrics: Metrics;
  /** Why the worker is not well, or undefined; asked at each look. */
  readonly unwell?: () => string | undefined;
}

/** `/metrics` for Prometheus, `/healthz` for who restarts what does not work. */
export function metricsServer({ metrics, unwell = () => undefined, ...options }: MetricsServerOptions): Promise<PageServer> {
  return servePages({ ...options, pages: { '/metrics': metricsPage(metrics), '/healthz': healthPage(unwell) } });
}

export function metricsPage(metrics: Metrics): () => Promise<Page> {
  return async () => ({ type: metrics.contentType, body: await metrics.text() });
}

export function healthPage(unwell: () => string | undefined): () => Page {
  return () => {
    const why = unwell();
    return { type: 'text/plain', body: `${why ?? 'ok'}\n`, status: why === undefined ? 200 : 503 };
  };
}
