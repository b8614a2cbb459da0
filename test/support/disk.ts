// A file system of a test's own, that can be full or read-only; only root on Linux can have one.

import { spawnSync } from 'node:child_process';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

export interface Disk {
  readonly path: string;
  /** Takes the room that is left, until `free`. */
  fill(): Promise<void>;
  free(): Promise<void>;
  /** From now on nothing can be written, or again can. */
  setWritable(writable: boolean): Promise<void>;
  remove(): Promise<void>;
}

/** Mounts it in a folder; undefined where that is not allowed. */
export async function smallDisk(folder: string, size: string): Promise<Disk | undefined> {
  const path = join(folder, 'disk');
  await mkdir(path);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'none', path]).status !== 0) return undefined;
  const ballast = join(path, 'ballast');
  return {
    path,
    fill: async () => {
      const file = await open(ballast, 'w');
      // Smaller and smaller pieces, to the last page; a short write is the last of its size.
      for (let piece = 1 << 20; piece >= 4_096; piece /= 2) while ((await file.write(Buffer.alloc(piece)).catch(() => undefined))?.bytesWritten === piece);
      await file.close();
    },
    free: () => rm(ballast),
    setWritable: async (writable) => {
      // Refused for as long as a file is open for writing, which one of merc's soon is not.
      while (spawnSync('mount', ['-o', `remount,${writable ? 'rw' : 'ro'}`, path]).status !== 0) await new Promise((resolve) => setTimeout(resolve, 1));
    },
    remove: async () => {
      spawnSync('umount', [path]);
      await rm(path, { recursive: true, force: true });
    },
  };
}
