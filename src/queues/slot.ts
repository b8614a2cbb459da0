// The name by which a process claims: host and slot, the same again after a restart.
//
// Promise: two processes that live do not have one name for longer than a lease. A slot is free where
// its owner is known to be dead, or has not renewed it for a lease; who finds it taken takes another.

import { randomUUID } from 'node:crypto';
import { isAlive, thisProcess, type Process } from '../core/owner.ts';
import type { Connection } from './connection.ts';
import { SWAP } from './scripts.ts';

export interface Slot {
  readonly name: string;
  /** Gives a sign of life; false where another process has the slot now. */
  renew(): Promise<boolean>;
  free(): Promise<void>;
}

interface Holder extends Process {
  readonly token: string;
  /** Of this host's clock, which all that look at it share. */
  readonly at: number;
}

export async function takeSlot(redis: Connection, key: string, leaseSeconds: number, signal: AbortSignal): Promise<Slot> {
  const own = { ...thisProcess(), token: randomUUID() };
  const swap = async (name: string, from: string, to: string) =>
    (await redis.call((client) => client.eval(SWAP, { keys: [key], arguments: [name, from, to] }), { signal })) === 1;
  const isFree = (text: string): boolean => {
    const holder = JSON.parse(text) as Holder;
    return isAlive(holder) === false || Math.abs(Date.now() - holder.at) > leaseSeconds * 1_000;
  };
  const sign = () => JSON.stringify({ ...own, at: Date.now() } satisfies Holder);
  for (let slot = 0; ; slot++) {
    const name = `${own.host}/${slot}`;
    const standing = (await redis.call((client) => client.hGet(key, name), { signal })) ?? '';
    let written = sign();
    if ((standing !== '' && !isFree(standing)) || !(await swap(name, standing, written))) continue;
    return {
      name,
      renew: async () => {
        const next = sign();
        const renewed = await redis.call((client) => client.eval(SWAP, { keys: [key], arguments: [name, written, next] }), { patience: leaseSeconds / 3 });
        if (renewed === 1) written = next;
        return renewed === 1;
      },
      free: async () => {
        await redis.call((client) => client.eval(SWAP, { keys: [key], arguments: [name, written, ''] }), { patience: 1 });
      },
    };
  }
}
