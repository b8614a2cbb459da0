// Where the files of an output are kept for good: the interface, and the folder that does it.
//
// Promises of every driver, held to by `test/contract/object-store.ts`: a name that exists holds a
// whole file, before a kill and after it; of many that create one name exactly one does. What the
// names mean is the business of layout, and what is read of them that of the folder they come to.

import { copyFile, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf } from './errors.ts';
import { createExclusively, namesIn, placeDurably, placeExclusively, temporaryName, writeDurably } from './layout.ts';

/** What a file is made of: a local file, or text as it comes. */
export type Content = { readonly file: string } | { readonly text: Iterable<string> | AsyncIterable<string> };

/** Keys are `/`-separated paths below the output. */
export interface ObjectStore {
  /**
   * Gives a local file its place, replacing what is there.
   * @param sha256 Of the file, where it is known: a store that can checks it on arrival.
   */
  put(from: string, key: string, sha256?: string): Promise<void>;
  /**
   * Creates a file, or leaves the one that is there.
   * @returns whether it was this call that created it.
   */
  create(key: string, content: Content): Promise<boolean>;
  /** Writes a small file, replacing what is there. */
  replace(key: string, text: string): Promise<void>;
  /** The text of a small file; undefined where there is none. */
  read(key: string): Promise<string | undefined>;
  /** Sorted names of the files and folders in a folder, as `commits`; `''` is the output. None if there is no such folder. */
  list(folder: string): Promise<string[]>;
  /** Copies a file to a local place, whole or not at all; false where there is none. */
  fetch(key: string, to: string): Promise<boolean>;
  /** Removes a file, or with a `/` at its end a folder; what is not there is no error. */
  remove(key: string): Promise<void>;
}

export function folderObjects(dir: string): ObjectStore {
  const at = (key: string) => join(dir, key);
  return {
    async put(from, key) {
      await mkdir(dirname(at(key)), { recursive: true });
      await placeDurably(from, at(key));
    },
    create: (key, content) => ('text' in content ? createExclusively(at(key), content.text) : placeExclusively(content.file, at(key))),
    async replace(key, text) {
      await mkdir(dirname(at(key)), { recursive: true });
      await writeDurably(at(key), text);
    },
    read: (key) => unlessMissing(readFile(at(key), 'utf8'), undefined),
    list: (folder) => namesIn(at(folder)),
    async fetch(key, to) {
      const temporary = temporaryName(to);
      const copied = copyFile(at(key), temporary).then(() => rename(temporary, to));
      return unlessMissing(
        copied.then(() => true),
        false,
      );
    },
    remove: (key) => rm(at(key), { recursive: true, force: true }),
  };
}

async function unlessMissing<T, M>(found: Promise<T>, missing: M): Promise<T | M> {
  try {
    return await found;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return missing;
    throw error;
  }
}
