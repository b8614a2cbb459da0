// A way to a server that fails as told: it answers itself, loses an answer, or says nothing.

import { createServer, request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** What happens to a request: an answer of this status and code, no answer though it came through, or silence; else it passes. */
export type Fate = { readonly status: number; readonly code: string } | 'lost' | 'silent' | undefined;

export interface Flaky {
  readonly url: string;
  /** Requests that came, as `PUT /bucket/key`. */
  readonly seen: string[];
  /** Headers of the last one. */
  readonly last: () => IncomingHttpHeaders;
  stop(): Promise<void>;
}

export async function flakyWay(to: string, fateOf: (message: IncomingMessage, nth: number) => Fate): Promise<Flaky> {
  const seen: string[] = [];
  let last: IncomingHttpHeaders = {};
  const sockets = new Set<Socket>();
  const server = createServer((message, answer) => {
    const line = `${message.method} ${message.url?.split('?', 1)[0]}`;
    seen.push(line);
    last = message.headers;
    const fate = fateOf(message, seen.filter((other) => other === line).length);
    const body: Buffer[] = [];
    message.on('data', (chunk: Buffer) => body.push(chunk));
    message.on('end', () => {
      if (fate === 'silent') return;
      if (typeof fate === 'object') {
        answer.writeHead(fate.status, { 'content-type': 'application/xml' });
        answer.end(`<?xml version="1.0"?><Error><Code>${fate.code}</Code><Message>as told</Message></Error>`);
        return;
      }
      const passed = request(`${to}${message.url}`, { method: message.method, headers: message.headers }, (reply) => {
        if (fate === 'lost') {
          reply.resume();
          reply.on('end', () => message.socket.destroy());
          return;
        }
        answer.writeHead(reply.statusCode ?? 500, reply.headers);
        reply.pipe(answer);
      });
      passed.on('error', () => message.socket.destroy());
      passed.end(Buffer.concat(body));
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    last: () => last,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
