// `merc finish`: the end of an output whose shards were done by slices or by workers.
//
// Promise: views and the success mark say what is committed, as after a single run; where shards are
// missing it names them and exits 1. It can be called at any time, and again.

import { EXIT } from '../core/errors.ts';
import { folderOutput, isRemote } from '../core/output.ts';
import { missingShards } from '../sources/plan.ts';
import { finishOutput, type Finished } from '../stores/finish.ts';
import { loadLabels } from '../stores/labels.ts';
import { existingOutput, withDatabase, withOutput } from '../stores/output.ts';
import { indexesAfterLoad, postgresUrl } from '../stores/postgres.ts';
import { escapeText } from '../ui/escape.ts';
import { formatCount, formatNoun } from '../ui/format.ts';
import { print } from '../ui/print.ts';

export interface FinishOptions {
  /** Folder for a mirror of an output on S3. */
  readonly stage?: string;
}

export interface FinishFlags extends FinishOptions {
  /** PostgreSQL whose tables get their indexes now that they are loaded. */
  readonly postgres?: string;
}

/** Missing shards that are named; the rest are counted. */
const NAMED = 20;

export async function finishCommand(out: string, { postgres, ...options }: FinishFlags, signal: AbortSignal): Promise<number> {
  const url = postgres === undefined ? undefined : postgresUrl(postgres);
  const { finished, missing } = await finish(out, options, signal);
  const { counts, shards, staleLabels } = finished.totals;
  if (staleLabels > 0) print(`${formatNoun(staleLabels, 'shard')} have labels of another dataset than the output: merc relabel ends what it began`);
  if (missing.length === 0) {
    if (url !== undefined) await indexesAfterLoad(url);
    print(`${escapeText(out)}: ${formatNoun(counts.rows, 'file')} in ${formatNoun(shards, 'shard')}, ${finished.complete ? 'complete' : 'all committed'}`);
    return finished.complete ? EXIT.ok : EXIT.incomplete;
  }
  const named = missing.slice(0, NAMED).join(', ');
  const more = missing.length > NAMED ? ` and ${formatCount(missing.length - NAMED)} more` : '';
  print(`${escapeText(out)}: ${formatNoun(missing.length, 'shard')} of ${formatCount(shards + missing.length)} are not committed: ${named}${more}`);
  print('start the slices that are not done again, or `merc run` with the same arguments and no --slice');
  return EXIT.incomplete;
}

/** Writes what an output has at its end; gives the shards that it lacks. */
export async function finish(out: string, { stage }: FinishOptions, signal: AbortSignal): Promise<{ finished: Finished; missing: string[] }> {
  // What is not there is not made by asking for its end.
  if (!isRemote(out)) await existingOutput(folderOutput(out));
  return withOutput({ out, command: 'merc finish', signal, stage }, async (_, held, output) => {
    const heads = await existingOutput(output);
    return withDatabase(output.dir, held, async (database) => {
      const finished = await finishOutput(database, output, await loadLabels(database, output.dir));
      return { finished, missing: await missingShards(output.dir, heads) };
    });
  });
}
