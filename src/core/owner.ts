// Who made a lock or an unfinished file, and whether that process still lives.
//
// Promise: `false` is certain. A number that another process has been given since, a zombie and a
// process of another container are not taken for the owner; what cannot be known here is undefined.

import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { codeOf } from './errors.ts';

/** Ends the names of what this process builds. The random part tells it from one of the same number. */
export const OWNER = `${hostname()}.${process.pid}.${randomUUID().slice(0, 8)}`;

/** A process as another one can recognise it. */
export interface Process {
  readonly host: string;
  readonly pid: number;
  /** What must be equal for `pid` to mean the same: hosts share names, containers share hosts. */
  readonly machine: string;
  /** When it began, in the words of its system; empty where that is not told. */
  readonly started: string;
}

export function thisProcess(): Process {
  return { host: hostname(), pid: process.pid, machine: machine(), started: startOf(process.pid) ?? '' };
}

/** Whether a process lives; undefined for one of another machine. */
export function isAlive({ pid, machine: place, started }: Process): boolean | undefined {
  if (place !== machine()) return undefined;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (codeOf(error) !== 'EPERM') return false;
  }
  const now = startOf(pid);
  return now === undefined || started === '' || now === started;
}

function machine(): string {
  try {
    // The numbers of processes are of a namespace, and begin again with every boot.
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

/** When a process began; `ended` for a zombie, undefined where it is not told. */
function startOf(pid: number): string | undefined {
  if (process.platform === 'win32') return undefined;
  if (process.platform === 'linux') {
    try {
      // The name, in brackets, may hold brackets and spaces: what follows the last one is of fixed order.
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' || fields[0] === 'X' ? 'ended' : fields[19];
    } catch {
      return undefined;
    }
  }
  const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' } });
  return stdout?.trim() || undefined;
}
