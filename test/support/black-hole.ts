// A middle box: forwards to a server, until it is told to swallow everything without closing anything.

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface BlackHole {
  readonly port: number;
  /** From now on nothing passes, on connections that are open and on new ones, which it accepts. */
  swallow(): void;
  /** Only answers of the server are swallowed: what is asked of it is done. */
  swallowAnswers(): void;
  /** New connections pass again; those that were swallowed stay so. */
  forward(): void;
  close(): Promise<void>;
}

export async function blackHole(to: number): Promise<BlackHole> {
  let mode: 'forward' | 'swallow' | 'answers' = 'forward';
  const sockets = new Set<Socket>();
  const servers = new Set<Socket>();
  const deaf = new WeakSet<Socket>();
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    servers.add(far);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    }
    if (mode === 'swallow') deaf.add(near).add(far);
    if (mode === 'answers') deaf.add(far);
    const passes = (from: Socket): boolean => !deaf.has(from);
    near.on('data', (bytes) => void (passes(near) && far.write(bytes)));
    far.on('data', (bytes) => void (passes(far) && near.write(bytes)));
    // What a box swallows includes goodbyes.
    near.on('close', () => void (passes(near) && far.destroy()));
    far.on('close', () => void (passes(far) && near.destroy()));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    swallow: () => {
      mode = 'swallow';
      for (const socket of sockets) deaf.add(socket);
    },
    swallowAnswers: () => {
      mode = 'answers';
      for (const socket of servers) deaf.add(socket);
    },
    forward: () => {
      mode = 'forward';
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}
