// The commands for work that is spread over machines, as the command line has them.
//
// Each is imported when it is called.

import type { Command } from 'commander';
import type { DeadFlags } from '../commands/dead-command.ts';
import type { EnqueueFlags } from '../commands/enqueue-command.ts';
import type { StatusFlags } from '../commands/status-command.ts';
import type { ExtractFlags, StoreFlags } from '../commands/worker-command.ts';
import { repeatable } from './repeatable.ts';

const REDIS = 'Redis as redis://HOST:PORT, rediss:// with TLS, or @FILE that holds the URL (default: MERC_REDIS_URL)';
const ANY_POLICY = 'take a Redis that may throw messages away when its memory is short';
const OUT = 'output: a folder that all machines share, or s3://BUCKET/PREFIX';
const STAGE = 'folder of this machine for what is under way, with an output on S3';

export function addManyMachines(program: Command, signal: AbortSignal): void {
  program
    .command('enqueue')
    .summary('plan every file under PATH and queue it for workers')
    .description(
      'Plans the files as `merc run` does and puts what is not done into a queue in Redis, for `merc worker`. Again, it puts in only what is missing.',
    )
    .argument('[PATH...]', 'files and folders, under the names that they have on the machines that extract')
    .option('--redis <URL>', REDIS)
    .option('--redis-any-policy', ANY_POLICY)
    .option('--out <DIR>', OUT, 'out')
    .option('--stage <DIR>', STAGE)
    .option('--csv <FILE>', 'dataset with labels: CSV, TSV or Parquet (default: samples.csv in or beside PATH)')
    .option('--no-csv', 'no labels, even where samples.csv is found')
    .option('--limit <N>', 'only the first N files, in path order')
    .option('--include <GLOB>', 'only files that match; repeatable', repeatable)
    .option('--exclude <GLOB>', 'no files that match; repeatable', repeatable)
    .option('--files-from <FILE>', 'a list of files, one a line; - is standard input')
    .option('-0, --nul', 'the list of --files-from ends its names with NUL')
    .option('--only <SET>', 'limit the columns: `classic` is those of the first system')
    .option('--with <EXTRA>', 'columns that cost more: `tlsh`')
    .option('--max-file-size <SIZE>', 'parse files whole up to this size (default: 256MiB)')
    .option('--append', 'take files that are not yet in the output into a new plan')
    .option('--parts', 'let workers of their own do structure, hashes and strings')
    .action(async (paths: string[], flags: EnqueueFlags) => {
      await (await import('../commands/enqueue-command.ts')).enqueueCommand(paths, flags, signal);
    });

  const worker = program.command('worker').summary('work on what is queued').description('Works on what `merc enqueue` has queued, until it is told to end.');
  withWorkerOptions(worker.command('extract').summary('extract queued shards').description('Extracts queued shards and hands them to `merc worker store`.'))
    .option('--workers <N>', 'worker processes (default: the cores this process may use)')
    .option('--isolation <KIND>', '`process`: a file can end no more than its worker; `thread`: less memory', 'process')
    .option('--parts <PART>', 'of a run that is enqueued with --parts: `pe`, `hashes` or `strings`')
    .action(async (flags: ExtractFlags) => {
      process.exitCode = await (await import('../commands/worker-command.ts')).extractWorkerCommand(flags, signal);
    });
  withWorkerOptions(worker.command('store').summary('store extracted shards').description('Joins extracted shards with their labels and stores them.'))
    .option('--parquet', 'store as Parquet in the output; the default without --postgres')
    .option('--postgres <URL>', 'store in PostgreSQL: postgresql://HOST/DATABASE, or @FILE that holds the URL (default: MERC_POSTGRES_URL)')
    .option('--pg-strings', 'store the strings in PostgreSQL too')
    .action(async (flags: StoreFlags) => {
      process.exitCode = await (await import('../commands/worker-command.ts')).storeWorkerCommand(flags, signal);
    });

  program
    .command('status')
    .summary('say how far a queued run is')
    .description('Says what is planned, queued, in hand, committed and dead, how fast it goes, and what to do about what stands still.')
    .option('--redis <URL>', REDIS)
    .option('--redis-any-policy', ANY_POLICY)
    .option('--out <DIR>', OUT, 'out')
    .option('--stage <DIR>', STAGE)
    .option('--watch', 'again and again')
    .option('--json', 'as JSON')
    .option('--http <PORT>', 'serve it as a page')
    .option('--http-host <HOST>', 'address to serve it on (default: 127.0.0.1)')
    .option('--heal', 'put planned shards back that are neither committed nor queued')
    .action(async (flags: StatusFlags) => {
      process.exitCode = await (await import('../commands/status-command.ts')).statusCommand(flags, signal);
    });

  const dead = program.command('dead').summary('shards that were set aside').description('Shards that were set aside after too many deliveries.');
  const ofRun = (command: Command) =>
    command.option('--redis <URL>', REDIS).option('--redis-any-policy', ANY_POLICY).option('--out <DIR>', OUT, 'out').option('--stage <DIR>', STAGE);
  ofRun(dead.command('list').summary('list them with the reason'))
    .option('--json', 'as JSON lines')
    .action(async (flags: DeadFlags) => {
      process.exitCode = await (await import('../commands/dead-command.ts')).deadListCommand(flags, signal);
    });
  for (const [answer, summary] of [
    ['retry', 'put them back, with no delivery counted'],
    ['drop', 'forget them until they are enqueued again'],
  ] as const) {
    ofRun(dead.command(answer).summary(summary).argument('[SHARD...]', 'ids of shards; all, if none is named')).action(
      async (ids: string[], flags: DeadFlags) => {
        process.exitCode = await (await import('../commands/dead-command.ts')).deadAnswerCommand(answer, ids, flags, signal);
      },
    );
  }
}

function withWorkerOptions(command: Command): Command {
  return command
    .option('--redis <URL>', REDIS)
    .option('--redis-any-policy', ANY_POLICY)
    .option('--out <DIR>', OUT, 'out')
    .option('--stage <DIR>', STAGE)
    .option('--grace <TIME>', 'after a signal, time for what is in hand; what is not done then is handed back', '8s')
    .option('--lease <TIME>', 'time without a sign of life after which others take over what a worker has in hand', '60s')
    .option('--drain', 'end when all that was planned is done')
    .option('--metrics <PORT>', 'serve /metrics for Prometheus and /healthz')
    .option('--metrics-host <HOST>', 'address to serve them on (default: 127.0.0.1)')
    .option('--log-format <FORMAT>', 'text or json', 'text');
}
