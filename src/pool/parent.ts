// A worker process does not outlive the process that it is of.
//
// At a batch the addon watches, since JavaScript stands still then. An idle worker sees its channel
// close, but not under Deno, where it has inherited both ends of it: hence a look now and then.

/** Variable that has the parent's number. */
const PARENT = 'MERC_PARENT';

/** Milliseconds between two looks at whether the parent is still there. */
const LOOK = 1_000;

/** What a worker's environment has besides this process's own. */
export function parentVariable(): Record<string, string> {
  return { [PARENT]: String(process.pid) };
}

/** Called in a worker process: ends it soon after its parent. */
export function endWithParent(): void {
  const parent = Number(process.env[PARENT]);
  setInterval(() => {
    if (process.ppid !== parent) process.exit();
  }, LOOK).unref();
}
