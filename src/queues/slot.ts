// The name by which a process claims: host and slot, the same again after a restart.
//
// Promise: two processes that live do not have one name for longer than a lease. A slot is free where
// its owner is known to be dead, or has not renewed it for a lease; who finds it taken takes another. It is
// its owner's by the token, whatever time stands there.

import { randomUUID } from 'node:crypto';
import { isAlive, thisProcess, type Process } from '../core/owner.ts';
import type { Connection, Waiting } from './connection.ts';
import { SWAP } from './scripts.ts';

export interface Slot {
  readonly name: string;
  /** Gives a sign of life; false where another process has the slot now. */
  renew(): Promise<boolean>;
  free(): Promise<void>;
}

interface Holder extends Process {
  readonly token: string;
  /** Milliseconds of Redis' clock: hosts of one name may have several. */
  readonly at: number;
}

export async function takeSlot(redis: Connection, key: string, leaseSeconds: number, signal: AbortSignal): Promise<Slot> {
  const own = { ...thisProcess(), token: randomUUID() };
  const claiming: Waiting = { signal, patience: Infinity };
  const renewing: Waiting = { patience: leaseSeconds / 3 };
  const now = async (waiting: Waiting): Promise<number> => {
    const [seconds] = await redis.call((client) => client.time(), waiting);
    return Number(seconds) * 1_000;
  };
  const sign = (at: number) => JSON.stringify({ ...own, at } satisfies Holder);
  const swap = async (name: string, from: string, to: string, waiting: Waiting): Promise<boolean> =>
    (await redis.call((client) => client.eval(SWAP, { keys: [key], arguments: [name, from, to, own.token] }), waiting)) === 1;
  const isFree = (text: string, at: number): boolean => {
    const holder = JSON.parse(text) as Holder;
    return isAlive(holder) === false || at - holder.at > leaseSeconds * 1_000;
  };
  for (let slot = 0; ; slot++) {
    const name = `${own.host}/${slot}`;
    const at = await now(claiming);
    const standing = (await redis.call((client) => client.hGet(key, name), claiming)) ?? '';
    if ((standing !== '' && !isFree(standing, at)) || !(await swap(name, standing, sign(at), claiming))) continue;
    let freed = false;
    return {
      name,
      renew: async () => {
        const next = sign(await now(renewing));
        return !freed && swap(name, '', next, renewing);
      },
      free: async () => {
        freed = true;
        await swap(name, '', '', { patience: 1 });
      },
    };
  }
}
