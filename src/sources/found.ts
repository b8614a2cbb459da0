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

/** Numbers go through the view, which V8 compiles to a load; Buffer's own methods are far larger. */
interface Slab {
  readonly bytes: Buffer;
  readonly view: DataView;
}

function slabOf(length: number): Slab {
  const buffer = new ArrayBuffer(length);
  return { bytes: Buffer.from(buffer), view: new DataView(buffer) };
}

/** A record is root, size, mtime, and the path's length and bytes. */
const [ROOT, SIZE, MTIME, LENGTH, PATH] = [0, 4, 12, 20, 24];

export function gathering(): Gathering {
  const slabs: Slab[] = [];
  let slab = slabOf(0);
  let used = 0;
  let places = new Float64Array(1024);
  let length = 0;
  return {
    get length() {
      return length;
    },
    add({ root, path, pathRaw, size, mtime }) {
      const bytes = pathRaw === undefined ? Buffer.byteLength(path) : Buffer.byteLength(pathRaw, 'base64');
      if (used + PATH + bytes > slab.bytes.length) {
        slab = slabOf(SLAB);
        slabs.push(slab);
        used = 0;
      }
      slab.view.setUint32(used + ROOT, root);
      slab.view.setFloat64(used + SIZE, size);
      slab.view.setFloat64(used + MTIME, mtime);
      slab.view.setUint32(used + LENGTH, bytes);
      slab.bytes.write(pathRaw ?? path, used + PATH, pathRaw === undefined ? 'utf8' : 'base64');
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
function recordsIn(slabs: readonly Slab[]) {
  const none = slabOf(PATH);
  const slabAt = (place: number): Slab => slabs[Math.floor(place / SLAB)] ?? none;
  const number = (place: number, field: number) => slabAt(place).view.getUint32((place % SLAB) + field);
  const double = (place: number, field: number) => slabAt(place).view.getFloat64((place % SLAB) + field);
  const start = (place: number) => (place % SLAB) + PATH;
  const end = (place: number) => start(place) + number(place, LENGTH);
  const byPath = (a: number, b: number) => number(a, ROOT) - number(b, ROOT) || slabAt(a).bytes.compare(slabAt(b).bytes, start(b), end(b), start(a), end(a));
  return {
    size: (place: number) => double(place, SIZE),
    file: (place: number): ScannedFile => ({
      root: number(place, ROOT),
      ...fileName(slabAt(place).bytes.toString('latin1', start(place), end(place))),
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
