// Found files, held compactly until their plan is written.
//
// Promise: a file takes 32 bytes and those of its path, and comes out as it went in. What comes out
// is in the order of a plan: size descending, so that no straggler ends the run; then path bytes.

import type { ScannedFile } from '../core/plan.ts';
import { fileName } from './names.ts';

/** Files in the order of a plan, to be read any number of times. */
export interface FoundFiles extends Iterable<ScannedFile> {
  readonly length: number;
  readonly bytes: number;
  /** Those that are kept, in the same order. */
  filter(keep: (file: ScannedFile) => boolean): FoundFiles;
}

/** Files as a scan comes upon them. */
export interface Gathering {
  readonly length: number;
  add(file: ScannedFile): void;
  /** All of them, or the first `limit` in path order, so that a limit means the same files every time. */
  inPlanOrder(limit?: number): FoundFiles;
}

/** Bytes that are allocated together. A record lies in one slab; its place is the slab's number times this, and the offset. */
const SLAB = 1 << 20;

/** A record is root, size, mtime, and the path's length and bytes. */
const [ROOT, SIZE, MTIME, LENGTH, PATH] = [0, 4, 12, 20, 24];

export function gathering(): Gathering {
  const slabs: Buffer[] = [];
  let slab = Buffer.alloc(0);
  let used = 0;
  let places = new Float64Array(1024);
  let length = 0;
  return {
    get length() {
      return length;
    },
    add({ root, path, pathRaw, size, mtime }) {
      const bytes = pathRaw === undefined ? Buffer.byteLength(path) : Buffer.byteLength(pathRaw, 'base64');
      if (used + PATH + bytes > slab.length) {
        slab = Buffer.allocUnsafeSlow(SLAB);
        slabs.push(slab);
        used = 0;
      }
      slab.writeUInt32LE(root, used + ROOT);
      slab.writeDoubleLE(size, used + SIZE);
      slab.writeDoubleLE(mtime, used + MTIME);
      slab.writeUInt32LE(bytes, used + LENGTH);
      slab.write(pathRaw ?? path, used + PATH, pathRaw === undefined ? 'utf8' : 'base64');
      if (length === places.length) {
        const more = new Float64Array(length * 2);
        more.set(places);
        places = more;
      }
      places[length] = (slabs.length - 1) * SLAB + used;
      length += 1;
      used += PATH + bytes;
    },
    inPlanOrder(limit = Infinity) {
      const records = recordsIn(slabs);
      let chosen = places.subarray(0, length);
      if (length > limit) chosen = chosen.toSorted(records.byPath).subarray(0, limit);
      return filesOf(records, chosen.toSorted(records.inPlan));
    },
  };
}

type Records = ReturnType<typeof recordsIn>;

/** The fields of the record at a place. */
function recordsIn(slabs: readonly Buffer[]) {
  const none = Buffer.alloc(PATH);
  const slabOf = (place: number): Buffer => slabs[Math.floor(place / SLAB)] ?? none;
  const number = (place: number, field: number) => slabOf(place).readUInt32LE((place % SLAB) + field);
  const double = (place: number, field: number) => slabOf(place).readDoubleLE((place % SLAB) + field);
  const span = (place: number): [start: number, end: number] => [(place % SLAB) + PATH, (place % SLAB) + PATH + number(place, LENGTH)];
  const byPath = (a: number, b: number) => number(a, ROOT) - number(b, ROOT) || slabOf(a).compare(slabOf(b), ...span(b), ...span(a));
  return {
    size: (place: number) => double(place, SIZE),
    file: (place: number): ScannedFile => ({
      root: number(place, ROOT),
      ...fileName(slabOf(place).toString('latin1', ...span(place))),
      size: double(place, SIZE),
      mtime: double(place, MTIME),
    }),
    byPath,
    inPlan: (a: number, b: number) => double(b, SIZE) - double(a, SIZE) || byPath(a, b),
  };
}

function filesOf(records: Records, places: Float64Array<ArrayBuffer>): FoundFiles {
  return {
    length: places.length,
    bytes: places.reduce((sum, place) => sum + records.size(place), 0),
    *[Symbol.iterator]() {
      for (const place of places) yield records.file(place);
    },
    filter: (keep) =>
      filesOf(
        records,
        places.filter((place) => keep(records.file(place))),
      ),
  };
}
