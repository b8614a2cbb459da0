// An output as commands hold it: a folder to read, and a store that what is written for good goes to.
//
// Of an output that is a folder both are that folder. Of one that is elsewhere the folder is this
// process's own mirror: plans, records and dataset are in it as of the last refresh, parts only while
// they are held. So whatever reads takes a folder, and whatever writes for good takes an output.

import { UsageError } from './errors.ts';
import { folderObjects, type ObjectStore } from './objects.ts';

export interface Output {
  /** As the user named it. */
  readonly named: string;
  /** The folder that reads as the output. */
  readonly dir: string;
  readonly objects: ObjectStore;
  /** Whether who writes holds a lock. Where not, others may write at any moment, and conditional writes alone decide. */
  readonly locked: boolean;
  /** Whether nobody else writes to it meanwhile: it is locked as a whole, and shared with none. */
  readonly alone: boolean;
  /** Brings what others have written since into the folder: all plans and records, or the one file. */
  refresh(key?: string): Promise<void>;
  /** Brings parts into the folder; one that is missing stays missing. */
  hold(parts: readonly string[]): Promise<void>;
  /** Lets go of parts that were held or built, where they are kept elsewhere. */
  release(parts: readonly string[]): Promise<void>;
  /** A message about files of the folder, as one about the output. */
  say(message: string): string;
}

/** Whether an output is elsewhere than in a folder. */
export function isRemote(out: string): boolean {
  return /^s3:/i.test(out);
}

/** Refuses an output that is no folder, for what works on folders alone. */
export function assertFolder(named: string, out: string, command: string): void {
  if (isRemote(out)) throw new UsageError(`${named}: ${command} works on folders only: copy the output into one`);
}

const nothing = (): Promise<void> => Promise.resolve();

export function folderOutput(dir: string): Output {
  return {
    named: dir,
    dir,
    objects: folderObjects(dir),
    locked: true,
    alone: true,
    refresh: nothing,
    hold: nothing,
    release: nothing,
    say: (message) => message,
  };
}
