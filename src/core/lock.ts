// Locks on an output: one run at a time on a slice of it.
//
// A claim is a file of its own in `.work`, named for its slice and its owner and never for both
// owners of one slice: taking over from the dead is removing their file, which cannot hit a
// successor's, so there is nothing to race for. A claimant first creates its claim, then looks for
// others whose slices overlap, and holds the slice only once it sees none. Of two, the one that looks
// last sees the other, so never do both hold; the one that claimed later gives way, so one does.
//
// Promise: a process that is dead keeps nobody out. On this machine that is known at once. Of another
// machine's process only silence can be seen: its claim, whose time of change the owner renews, stands
// still. Times are those of the file system, and one that speaks of silence is checked by watching.

import { readFile, rm, stat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { hostname } from 'node:os';
import { setInterval } from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';
import { RunError, UsageError, codeOf, messageOf } from './errors.ts';
import { LAYOUT, LOCK, createExclusively, namesIn } from './layout.ts';
import { OWNER, isAlive, thisProcess, type Process } from './owner.ts';
import { overlap, type Slice } from './slice.ts';

/** Milliseconds between the signs of life that a lock gives, and of silence that speak of death. */
export const TIMES = {
  refresh: 10_000,
  // Twelve signs missed: longer than a network file system or a busy machine keeps one back.
  silent: 120_000,
  // A clock that has jumped makes silence out of nothing; three signs would come in this time.
  watch: 30_000,
};

export interface Claim extends Process {
  /** Name of its file. */
  readonly name: string;
  /** As the names of its unfinished files end. */
  readonly owner: string;
  readonly slice: Slice;
  /** Held together with other shared claims, whose holders agree by a queue on who does what. */
  readonly shared: boolean;
  /** What holds it, as `merc run`. */
  readonly command: string;
  /** ISO 8601. */
  readonly since: string;
}

export interface LockOptions {
  /** Folder of the output. */
  readonly out: string;
  readonly slice: Slice;
  readonly shared?: boolean;
  /** What takes it, as `merc run`. */
  readonly command: string;
  /** The output as the user named it, with the flag, for messages. */
  readonly named: string;
  readonly signal: AbortSignal;
  readonly times?: typeof TIMES;
}

/**
 * Holds a slice of an output while `use` works on it.
 * @throws UsageError where another process is at work on it, before anything else is written.
 */
export async function withLock<T>(options: LockOptions, use: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { named, signal, times = TIMES } = options;
  const path = await take(options, times);
  const lost = new AbortController();
  let refreshing = Promise.resolve();
  const timer = setInterval(() => {
    refreshing = refreshing
      .then(() => refresh(path))
      .catch((error: unknown) => {
        // A disk that is full or away for a while is not this lock's affair.
        if (codeOf(error) === 'ENOENT') lost.abort(new RunError(`${named}: another process has taken it over, since this one gave no sign of life`));
      });
  }, times.refresh).unref();
  try {
    return await use(AbortSignal.any([signal, lost.signal]));
  } finally {
    clearInterval(timer);
    await refreshing;
    // Where that is refused too, what `use` ran into is the thing to tell; the lock dies with its owner.
    await rm(path, { force: true }).catch(() => {});
    // What `use` ran into without its lock is no news beside that.
    lost.signal.throwIfAborted();
  }
}

/** Claims of an output that a living process holds, or one of another machine may. */
export async function claimsOn(out: string): Promise<Claim[]> {
  return (await allClaims(out)).filter((claim) => isAlive(claim) !== false && !claim.name.endsWith('.tmp'));
}

/** Owners of those claims, as the names of their unfinished files end. */
export async function ownersOn(out: string): Promise<string[]> {
  return (await claimsOn(out)).map(({ owner }) => owner);
}

async function allClaims(out: string): Promise<Claim[]> {
  const claims: Claim[] = [];
  for (const name of await namesIn(join(out, LAYOUT.work))) {
    const claim = await readClaim(out, name);
    if (claim !== undefined) claims.push(claim);
  }
  return claims;
}

/** Who is at work on an output, as messages say it. */
export function describe({ command, host, pid, since }: Pick<Claim, 'command' | 'host' | 'pid' | 'since'>): string {
  return `${command} (host ${host}, process ${pid}, since ${since})`;
}

async function take({ out, slice, shared = false, command, named, signal }: LockOptions, times: typeof TIMES): Promise<string> {
  const name = `${LOCK}${slice.index}-${slice.of}.${OWNER}`;
  const path = join(out, LAYOUT.work, name);
  const own: Claim = { name, owner: OWNER, slice, shared, command, since: new Date().toISOString(), ...thisProcess() };
  const made = await createExclusively(path, [`${JSON.stringify(own)}\n`]).catch((error: unknown) => {
    throw unwritable(named, error);
  });
  if (!made) throw busy(named, own);
  try {
    await outlast(out, own, named, signal, times);
    return path;
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/** Tries of 25 ms that a later claim has for giving way; one that does not was the first to look, and holds. */
const TRIES = 40;

async function outlast(out: string, own: Claim, named: string, signal: AbortSignal, times: typeof TIMES): Promise<void> {
  for (const claim of await allClaims(out)) if (isAlive(claim) === false) await rm(join(out, LAYOUT.work, claim.name), { force: true });
  for (let tries = 0; ; tries++) {
    const rivals: Claim[] = [];
    for (const claim of await claimsOn(out)) {
      if (claim.name === own.name || !exclude(claim, own)) continue;
      if (isAlive(claim) === undefined && (await isSilent(out, claim, own, signal, times))) await rm(join(out, LAYOUT.work, claim.name), { force: true });
      else rivals.push(claim);
    }
    if (rivals.length === 0) return;
    const holder = rivals.find((rival) => rankOf(rival) < rankOf(own)) ?? (tries === TRIES ? rivals[0] : undefined);
    if (holder !== undefined) throw busy(named, holder);
    await sleep(25, undefined, { signal });
  }
}

/** Whether two claims cannot hold together. */
function exclude(a: Claim, b: Claim): boolean {
  return !(a.shared && b.shared) && overlap(a.slice, b.slice);
}

/** Which of two claimants gives way. Clocks may be wrong here: that decides who waits, not whether both hold. */
function rankOf({ since, name }: Claim): string {
  return `${since} ${name}`;
}

/** What is said of a folder that takes no file. */
export function unwritable(named: string, error: unknown): UsageError {
  return new UsageError(`${named}: cannot be written (${codeOf(error) ?? messageOf(error)}): name a folder that can`);
}

function busy(named: string, holder: Claim): UsageError {
  return new UsageError(`${named}: ${describe(holder)} is at work on it: wait for its end, or name another folder`);
}

/** Whether an owner that cannot be asked has given no sign of life; `probe` has just been written on the same file system. */
async function isSilent(out: string, claim: Claim, probe: Claim, signal: AbortSignal, times: typeof TIMES): Promise<boolean> {
  const changed = async ({ name }: Claim) => (await stat(join(out, LAYOUT.work, name)).catch(() => undefined))?.mtimeMs;
  const [then, now] = [await changed(claim), await changed(probe)];
  if (then === undefined || now === undefined) return then === undefined;
  // A sign from the future is one of a clock that has been put back since.
  if (now >= then && now - then < times.silent) return false;
  await sleep(times.watch, undefined, { signal });
  const later = await changed(claim);
  return later === undefined || later === then;
}

/** Writes the same bytes again, so that the file system and not this machine says when. */
async function refresh(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.write(await file.readFile(), 0, null, 0);
  } finally {
    await file.close();
  }
}

/** A claim by its file, which may still be in the making; undefined for any other file, and for one that has just gone. */
async function readClaim(out: string, name: string): Promise<Claim | undefined> {
  const [, index, of, host = '', pid = '', token] = /^lock\.(\d+)-(\d+)\.(.+?)\.(\d+)\.([\da-f]{8})(?:\..*\.tmp)?$/.exec(name) ?? [];
  if (index === undefined) return undefined;
  // One that was killed while it wrote its claim has not said where it ran: its host's name has to do, since it holds nothing.
  const machine = name.endsWith('.tmp') && host === hostname() ? thisProcess().machine : '';
  const known = { name, slice: { index: Number(index), of: Number(of) }, owner: `${host}.${pid}.${token}`, host, pid: Number(pid) };
  // Where links are not to be had a claim is copied, and may be seen half: it counts, as one that cannot be asked.
  const unread = { shared: false, command: 'merc', since: 'unknown', machine, started: '' };
  try {
    return { ...unread, ...(JSON.parse(await readFile(join(out, LAYOUT.work, name), 'utf8')) as Partial<Claim>), ...known };
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? undefined : { ...unread, ...known };
  }
}
