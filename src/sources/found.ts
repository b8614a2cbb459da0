// Found files until their plan is written. The addon holds them, puts them in order and cuts them into
// shards (`native/core/src/plan.rs`); here they have their names as text, and are objects a few at a time.

import { shardId, type Bounds, type ScannedFile } from '../core/plan.ts';
import { Found, type PlannedShard } from '../native.ts';
import { bytesOf, under, type ByteName } from './names.ts';
import type { NamesInFolder, SizeAndTime } from './places.ts';

/** Files in the order of a plan, to be read any number of times. */
export interface FoundFiles extends Iterable<ScannedFile> {
  readonly length: number;
  readonly bytes: number;
  /** Those that are kept, in the same order. */
  filter(keep: (file: ScannedFile) => boolean): FoundFiles;
  /** The shards of a plan of them. */
  shards(plan: number, firstSampleId: number, bounds: Bounds): Iterable<PlannedShard>;
}

/** Files as a scan comes upon them. */
export interface Gathering {
  readonly length: number;
  /** @param path Relative to its root. */
  add(root: number, path: ByteName, stats: SizeAndTime): void;
  /**
   * Those of a folder that have stats.
   * @param folder Relative to its root.
   */
  addNames(root: number, folder: ByteName, names: NamesInFolder): void;
  /** All of them, or the first `limit` in path order, so that a limit means the same files every time; the gathering ends with it. */
  inPlanOrder(limit?: number): FoundFiles;
}

/** Files that are objects at a time. */
const OBJECTS_AT_ONCE = 512;

export function gathering(): Gathering {
  const found = new Found();
  return {
    get length() {
      return found.length;
    },
    add: (root, path, { size, mtime }) => found.add(root, bytesOf(path), size, mtime),
    addNames: (root, folder, { names, stats }) => found.addNames(root, bytesOf(folder === '' ? '' : under(folder, '')), names, stats),
    inPlanOrder(limit) {
      found.putInPlanOrder(limit);
      return filesOf(found);
    },
  };
}

function filesOf(found: Found): FoundFiles {
  const { length, bytes } = found;
  const each = function* (): Generator<ScannedFile> {
    for (let start = 0; start < length; start += OBJECTS_AT_ONCE) yield* JSON.parse(found.json(start, start + OBJECTS_AT_ONCE)) as ScannedFile[];
  };
  return {
    length,
    bytes,
    [Symbol.iterator]: each,
    filter(keep) {
      const mask = new Uint8Array(length);
      let at = 0;
      for (const file of each()) mask[at++] = keep(file) ? 1 : 0;
      return filesOf(found.kept(mask));
    },
    *shards(plan, firstSampleId, bounds) {
      let first = 0;
      for (let number = 0; first < length; number += 1) {
        const shard = found.shard(first, shardId(plan, number), firstSampleId + first, bounds);
        if (shard === null) return;
        yield shard;
        first += shard.files;
      }
    },
  };
}
