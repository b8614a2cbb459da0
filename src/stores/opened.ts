// An output by the name that the user gave it: a folder, or `s3://bucket/prefix` with its mirror.
//
// Promise: the mirror is this process's alone and gone afterwards; what a killed process has left is
// removed by the next one with the same stage. Messages speak of the output, never of the mirror.

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { RunError, UsageError, codeOf, messageOf } from '../core/errors.ts';
import { namesIn } from '../core/layout.ts';
import { folderOutput, isRemote, type Output } from '../core/output.ts';
import { OWNER, isAlive, thisProcess, type Process } from '../core/owner.ts';
import { mirrored } from './mirror.ts';

export interface Opening {
  /** The output with its flag, as messages name it. */
  readonly named: string;
  readonly signal: AbortSignal;
  /** Folder for the mirror; the system's for temporary files, if not given. */
  readonly stage?: string | undefined;
}

/** How the names of mirrors begin, in a stage. */
const MIRROR = 'merc-s3.';

/** Whoever mistypes a server is told soon; once it has answered, it is waited for. */
const FIRST_TRIES = { most: 3, pause: 200 };

/** Gives `use` an output to read and to write; who writes to a folder locks it first. */
export async function withOpened<T>(out: string, { named, signal, stage }: Opening, use: (output: Output) => Promise<T>): Promise<T> {
  if (!isRemote(out)) {
    if (stage !== undefined) throw new UsageError(`--stage ${stage}: goes with an output on S3; in a folder it is the output's own .work`);
    return use(folderOutput(out));
  }
  const folder = join(await openStage(stage), `${MIRROR}${OWNER}`);
  const dir = join(folder, 'mirror');
  await mkdir(dir, { recursive: true });
  try {
    await writeFile(join(folder, 'owner.json'), JSON.stringify(thisProcess()));
    const { s3Objects } = await import('./s3.ts');
    const options = { named, signal, spool: folder };
    const asking = await s3Objects(out, { ...options, tries: FIRST_TRIES });
    await asking
      .list('')
      .catch(mistaken)
      .finally(() => asking.close());
    const objects = await s3Objects(out, options);
    const output = mirrored(objects, dir, out);
    try {
      await output.refresh().catch(mistaken);
      return await use(output);
    } catch (error) {
      if (error instanceof UsageError || error instanceof RunError) error.message = output.say(error.message);
      throw error;
    } finally {
      objects.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What is refused from the start is the user's to mend. */
function mistaken(error: unknown): never {
  throw error instanceof RunError ? new UsageError(error.message) : error;
}

async function openStage(stage: string | undefined): Promise<string> {
  const folder = resolve(stage ?? tmpdir());
  try {
    await mkdir(folder, { recursive: true });
    for (const name of await namesIn(folder))
      if (name.startsWith(MIRROR) && (await isAbandoned(join(folder, name)))) await rm(join(folder, name), { recursive: true });
    return folder;
  } catch (error) {
    throw new UsageError(`--stage ${folder}: cannot be used (${codeOf(error) ?? messageOf(error)}): name a folder that can be written`);
  }
}

/** Whether the process of a mirror is certainly gone. */
async function isAbandoned(folder: string): Promise<boolean> {
  try {
    return isAlive(JSON.parse(await readFile(join(folder, 'owner.json'), 'utf8')) as Process) === false;
  } catch {
    return false;
  }
}
