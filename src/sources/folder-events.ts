// File events below folders: hints that a look is worth while, and nothing more.
//
// Promise: a look never depends on them. Network file systems give none, a system gives only so many;
// where they cannot be had that is told once, with the reason. What an event says is not believed:
// it is not even passed on.

import { type FSWatcher, statSync, watch } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { codeOf, messageOf } from '../core/errors.ts';

export interface EventOptions {
  /** Folders, taken with all below them, and files. */
  readonly paths: readonly string[];
  /** Files that may come or change outside of them. */
  readonly beside: readonly string[];
  /** A folder whose events are this process's own. */
  readonly out: string;
  readonly onEvent: () => void;
  /** There are none from now on, and why. */
  readonly onOff: (why: string) => void;
}

export interface FolderEvents {
  close(): void;
}

/** Each is a watch of the system's; older kernels give a user 8,192 for all that runs. */
const MOST_FOLDERS = 4_096;

// macOS and Windows watch a tree with one handle. On Linux Node would watch every single file for it,
// so there each folder is watched; Deno opens a queue of the system's a watch, of which there are 128.
const TREES = process.platform === 'darwin' || process.platform === 'win32' || 'Deno' in globalThis;

export function folderEvents({ paths, beside, out, onEvent, onOff }: EventOptions): FolderEvents {
  const watchers = new Map<string, FSWatcher>();
  let open = true;
  const close = () => {
    open = false;
    for (const watcher of watchers.values()) watcher.close();
    watchers.clear();
  };
  const off = (why: string) => {
    if (!open) return;
    close();
    onOff(why);
  };
  const failed = (error: unknown) => {
    const code = codeOf(error) ?? messageOf(error);
    // A folder that has gone, or may not be read, is the look's affair.
    if (!['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'].includes(code)) off(code === 'ENOSPC' || code === 'EMFILE' ? `${code}: the system gives no more` : code);
  };
  const drop = (key: string) => {
    watchers.get(key)?.close();
    watchers.delete(key);
  };
  const add = (key: string, folder: string, recursive: boolean, heard: (name: string | null, kind: string) => void) => {
    drop(key);
    if (!open) return;
    if (watchers.size >= MOST_FOLDERS) return off(`more than ${MOST_FOLDERS} folders`);
    try {
      const watcher = watch(folder, { recursive, persistent: false }, (kind, name) => heard(name, kind));
      watcher.on('error', (error) => {
        drop(key);
        failed(error);
      });
      watchers.set(key, watcher);
    } catch (error) {
      failed(error);
    }
  };
  const isOwn = (path: string) => path === out || path.startsWith(out + sep);

  /** Watches a folder and those below it; links to folders are left to the looks. */
  const addTree = async (root: string): Promise<void> => {
    const pending = [root];
    for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
      if (!open) return;
      const here = folder;
      add(here, here, false, (name, kind) => {
        if (name !== null && isOwn(join(here, name))) return;
        onEvent();
        if (name !== null && kind === 'rename') void entered(join(here, name));
      });
      const entries = await readdir(here, { withFileTypes: true }).catch(() => []);
      for (const entry of entries) if (entry.isDirectory() && !isOwn(join(here, entry.name))) pending.push(join(here, entry.name));
    }
  };
  /** A folder has come, or another is there under its name, or none is any more. */
  const entered = async (path: string): Promise<void> => {
    const info = await lstat(path).catch(() => undefined);
    if (info?.isDirectory() === true) await addTree(path);
    else if (watchers.has(path)) for (const key of watchers.keys()) if (key === path || key.startsWith(path + sep)) drop(key);
  };
  const addFile = (path: string) => {
    add(`file:${path}`, dirname(path), false, (name) => {
      if (name === null || name === basename(path)) onEvent();
    });
  };

  for (const path of paths.map((each) => resolve(each))) {
    if (!isFolder(path)) addFile(path);
    else if (!TREES) void addTree(path);
    else add(path, path, true, (name) => (name === null || !isOwn(join(path, name))) && onEvent());
  }
  for (const path of beside) addFile(path);
  return { close };
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
