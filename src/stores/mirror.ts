// An output that is elsewhere, as a folder of this machine: what is small is kept here, parts pass through.
//
// Promise: what a write has left standing there is what the mirror then holds, also where another
// process was first. Files there are never changed but for the success mark, so one that is here is good.

import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { eachOf } from '../core/each.ts';
import { LAYOUT, namesIn } from '../core/layout.ts';
import type { ObjectStore } from '../core/objects.ts';
import type { Output } from '../core/output.ts';

/** Files in flight: small ones wait for the network, parts for nothing but its width. */
const [SMALL_AT_ONCE, PARTS_AT_ONCE] = [16, 4];

/** What others write once, beside plans and records. */
const SMALL = [LAYOUT.dataset, LAYOUT.queue];

export function mirrored(objects: ObjectStore, dir: string, named: string): Output {
  const at = (key: string) => join(dir, key);
  const bring = async (key: string): Promise<void> => {
    await mkdir(dirname(at(key)), { recursive: true });
    if (!(await objects.fetch(key, at(key)))) await rm(at(key), { force: true });
  };
  const bringMissing = (keys: readonly string[], atOnce: number) =>
    eachOf(
      keys.filter((key) => !existsSync(at(key))),
      atOnce,
      bring,
    );
  return {
    named,
    dir,
    locked: false,
    alone: false,
    objects: {
      ...objects,
      async create(key, content) {
        const created = await objects.create(key, content);
        await bring(key);
        return created;
      },
      async replace(key, text) {
        await objects.replace(key, text);
        await bring(key);
      },
      async remove(key) {
        await objects.remove(key);
        await rm(at(key), { recursive: true, force: true });
      },
    },
    async refresh(key) {
      if (key !== undefined) return bringMissing([key], 1);
      const names = await objects.list('');
      for (const folder of [LAYOUT.plans, LAYOUT.commits]) {
        // Looked at first: what another lane of this process brings meanwhile is not gone there.
        const here = (await namesIn(at(folder))).filter((name) => !name.endsWith('.tmp'));
        const there = names.includes(folder) ? await objects.list(folder) : [];
        for (const name of here) if (!there.includes(name)) await rm(at(`${folder}/${name}`), { force: true });
        await bringMissing(
          there.map((name) => `${folder}/${name}`),
          SMALL_AT_ONCE,
        );
      }
      await bringMissing(
        SMALL.filter((name) => names.includes(name)),
        1,
      );
      if (names.includes(LAYOUT.success)) await bring(LAYOUT.success);
      else await rm(at(LAYOUT.success), { force: true });
    },
    hold: (parts) => bringMissing(parts, PARTS_AT_ONCE),
    release: (parts) => eachOf(parts, PARTS_AT_ONCE, (part) => rm(at(part), { force: true })),
    // What is being built is on this machine, and a message about that means it.
    say: (message) => message.replaceAll(new RegExp(`${escaped(dir)}(?![\\\\/]${escaped(LAYOUT.work)})`, 'g'), () => named),
  };
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}
