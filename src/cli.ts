#!/usr/bin/env node
// The command line: flags to commands, errors to one line and an exit code.
//
// Commands are imported when they are called, so that `merc --help` loads neither DuckDB nor the addon.

import { isatty } from 'node:tty';
import { Command, CommanderError, Option } from 'commander';
import { EXIT, RunError, UsageError, codeOf, firstLine, isRefusal, messageOf } from './core/errors.ts';
import type { ExportOptions } from './commands/export.ts';
import type { RunCommandFlags } from './commands/run-command.ts';
import type { WatchCommandFlags } from './commands/watch-command.ts';
import type { FinishFlags } from './commands/finish.ts';
import type { RunFlags } from './core/options.ts';
import type { WatchFlags } from './core/watch-options.ts';
import { addManyMachines } from './cli/many-machines.ts';
import { repeatable } from './cli/repeatable.ts';
import { escapeText } from './ui/escape.ts';

const stop = new AbortController();
const atTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor));
process.on('SIGINT', () => end(EXIT.interrupted));
process.on('SIGTERM', () => end(EXIT.terminated));
process.on('SIGHUP', hungUp);

function hungUp(): void {
  // Under `nohup`, or started by a service, there is no terminal to lose, and Node forgets that the signal was ignored.
  if (atTerminal) end(EXIT.hungup);
}

/** The first signal ends what runs in good order, a second one at once. */
function end(code: number): void {
  if (stop.signal.aborted) exit(code);
  stop.abort(code);
}

function exit(code: number): void {
  process.exitCode = code;
  if (code !== EXIT.hungup) process.exit();
  // At an exit Node would set right a terminal that is gone, and abort: the signal itself gives the same code.
  process.off('SIGHUP', hungUp);
  process.kill(process.pid, 'SIGHUP');
}

// A reader that has gone away, as `| head`, is no error: what runs ends as after a signal, and cleans
// up. Standard error has notes and progress only, which nothing waits for: a full disk under a log ends nothing.
for (const stream of [process.stdout, process.stderr]) {
  const write = stream.write.bind(stream);
  // Deno throws what the others emit.
  stream.write = ((...given: Parameters<typeof write>) => {
    try {
      return write(...given);
    } catch (error) {
      return !stream.emit('error', error);
    }
  }) as typeof stream.write;
  stream.on('error', (error) => {
    if (stream === process.stderr) return;
    // A terminal that has been closed says EIO.
    if (codeOf(error) === 'EPIPE' || codeOf(error) === 'EIO') stop.abort(EXIT.ok);
    else {
      process.stderr.write(`merc: standard output cannot be written: ${escapeText(firstLine(error))}\n`);
      process.exitCode = EXIT.incomplete;
      stop.abort(EXIT.incomplete);
    }
  });
}

const STAGE = "with an output on S3: folder for what is under way (default: the system's for temporary files)";

const program = new Command('merc')
  .description('Turns folders of Windows executables into Parquet: hashes, headers, imports, strings, labels.')
  .option('-V, --version', 'print the version')
  .option('--json', 'with --version: runtime, addon and CPU path too')
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'merc: ')) })
  .showSuggestionAfterError()
  .enablePositionalOptions()
  .action(async ({ version, json }: { version?: boolean; json?: boolean }) => {
    const [unknown] = program.args;
    if (unknown !== undefined) throw new UsageError(`${unknown}: no such command; merc --help lists them`);
    if (version !== true) program.help({ error: true });
    (await import('./commands/version.ts')).versionCommand({ json: json ?? false });
  });

program
  .command('run')
  .summary('extract every file under PATH into --out')
  .description('Extracts every file under PATH into Parquet, joined with the dataset. Run again, it does only what is missing.')
  .argument('[PATH...]', 'files and folders; folders are taken with all that is below them')
  .option('--csv <FILE>', 'dataset with labels: CSV, TSV or Parquet (default: samples.csv in or beside PATH)')
  .option('--no-csv', 'no labels, even where samples.csv is found')
  .option('--out <OUT>', 'output: a folder, or s3://BUCKET/PREFIX', 'out')
  .option('--stage <DIR>', STAGE)
  .option('--workers <N>', 'worker processes (default: the cores this process may use)')
  .addOption(new Option('--isolation <KIND>', '`process`: a file can end no more than its worker; `thread`: less memory').default('process'))
  .option('--limit <N>', 'only the first N files, in path order')
  .option('--include <GLOB>', 'only files that match; repeatable', repeatable)
  .option('--exclude <GLOB>', 'no files that match; repeatable', repeatable)
  .option('--files-from <FILE>', 'a list of files, one a line; - is standard input')
  .option('-0, --nul', 'the list of --files-from ends its names with NUL')
  .addOption(new Option('--only <SET>', 'limit the columns: `classic` is those of the first system'))
  .addOption(new Option('--with <EXTRA>', 'columns that cost more: `tlsh`'))
  .option('--max-file-size <SIZE>', 'parse files whole up to this size; of larger ones only the first part (default: 256MiB)')
  .option('--append', 'take files that are not yet in the output into a new plan')
  .option('--slice <I/N>', 'only every N-th shard, from the I-th on, while other runs do the rest; `auto` asks Slurm, AWS Batch or Kubernetes')
  .option('--of <N>', 'number of slices, where only the slice is known (JOB_COMPLETION_INDEX)')
  .option('--dry-run', 'say what would be done, and do nothing')
  .option('--strict', 'exit 1 when a file is broken or could not be read')
  .option('--quiet', 'no progress and no summary')
  .option('--profile', 'say where the CPU time went')
  .option('--profile-json <FILE>', 'write where the CPU time went to FILE, as JSON')
  .action(async (paths: string[], flags: RunFlags & RunCommandFlags) => {
    const { runCommand } = await import('./commands/run-command.ts');
    process.exitCode = await runCommand(paths, flags, stop.signal);
  });

program
  .command('watch')
  .summary('take in new files under PATH as they come')
  .description(
    'Looks at PATH again and again. Files that are new and have stopped changing are added to the output; a dataset that has changed gives its labels. A file once taken is not taken again under its name, even when its content changes.',
  )
  .argument('[PATH...]', 'files and folders; folders are taken with all that is below them')
  .option('--every <TIME>', 'look so often, as 30s, 10m, 2h or 1d; file events bring a look forward (default: 10m)')
  .option('--cron <EXPR>', 'look at these times only, as "0 3 * * *", in local time')
  .option('--settle <TIME>', 'take a file when its size and time have not changed for so long (default: 5s)')
  .option('--csv <FILE>', 'dataset with labels: CSV, TSV or Parquet (default: samples.csv in or beside PATH, also one that comes later)')
  .option('--no-csv', 'no labels, even where samples.csv is found')
  .option('--out <DIR>', 'output folder', 'out')
  .option('--workers <N>', 'worker processes (default: the cores this process may use)')
  .option('--include <GLOB>', 'only files that match; repeatable', repeatable)
  .option('--exclude <GLOB>', 'no files that match; repeatable', repeatable)
  .addOption(new Option('--only <SET>', 'limit the columns: `classic` is those of the first system'))
  .addOption(new Option('--with <EXTRA>', 'columns that cost more: `tlsh`'))
  .option('--max-file-size <SIZE>', 'parse files whole up to this size; of larger ones only the first part (default: 256MiB)')
  .addOption(new Option('--isolation <KIND>', '`process`: a file can end no more than its worker; `thread`: less memory').default('process'))
  .option('--quiet', 'say only what failed')
  .action(async (paths: string[], flags: WatchFlags & WatchCommandFlags) => {
    await (await import('./commands/watch-command.ts')).watchCommand(paths, flags, stop.signal);
  });

program
  .command('relabel')
  .summary('give an output the labels of another dataset')
  .description('Rewrites the samples of an output with the labels of another dataset; nothing is extracted again.')
  .argument('<OUT>', 'output folder')
  .requiredOption('--csv <FILE>', 'the dataset: CSV, TSV or Parquet')
  .action(async (out: string, { csv }: { csv: string }) => {
    await (await import('./commands/relabel.ts')).relabelCommand(out, csv, stop.signal);
  });

program
  .command('verify')
  .summary('check an output against its commit records')
  .description('Recomputes hashes and row counts of every part; exit 1 when anything is missing, altered or without a commit.')
  .argument('<OUT>', 'output: a folder, or s3://BUCKET/PREFIX')
  .option('--stage <DIR>', STAGE)
  .action(async (out: string, options: { stage?: string }) => {
    process.exitCode = await (await import('./commands/verify.ts')).verifyCommand(out, options, stop.signal);
  });

addManyMachines(program, stop.signal);

program
  .command('finish')
  .summary('end an output that slices or workers have made')
  .description('Writes the views and the success mark of an output whose shards were done apart; exit 1 and their names when some are missing.')
  .argument('<OUT>', 'output: a folder, or s3://BUCKET/PREFIX')
  .option('--stage <DIR>', STAGE)
  .option('--postgres <URL>', 'make the indexes of a PostgreSQL store, once it is loaded: a URL or @FILE')
  .action(async (out: string, flags: FinishFlags) => {
    process.exitCode = await (await import('./commands/finish.ts')).finishCommand(out, flags, stop.signal);
  });

program
  .command('compact')
  .summary('write an output anew, in few large parts')
  .description('Writes a complete output as a new one with the same rows in few large parts; the old one stays as it is.')
  .argument('<OUT>', 'output folder')
  .requiredOption('--to <NEW>', 'folder of the new output, which must not be there')
  .action(async (out: string, { to }: { to: string }) => {
    await (await import('./commands/compact.ts')).compactCommand(out, to, stop.signal);
  });

program
  .command('export')
  .summary('write the samples as JSON lines or CSV')
  .description('Writes one JSON line a sample with the 19 classic fields, or the scalar columns as CSV.')
  .argument('<OUT>', 'output: a folder, or s3://BUCKET/PREFIX')
  .addOption(new Option('--format <FORMAT>', 'jsonl or csv').choices(['jsonl', 'csv']).default('jsonl'))
  .option('--to <FILE>', 'file to write; - is standard output', '-')
  .option('--stage <DIR>', STAGE)
  .addOption(new Option('--from <STORE>', 'the Parquet parts, or what PostgreSQL holds of the output').choices(['parquet', 'postgres']).default('parquet'))
  .option('--postgres <URL>', 'with --from postgres: the database; @FILE reads its URL from a file (default: MERC_POSTGRES_URL)')
  .option('--run-id <ID>', 'with --from postgres: the run, where the output is stored as of several')
  .action(async (out: string, options: ExportOptions) => {
    await (await import('./commands/export.ts')).exportCommand(out, options, stop.signal);
  });

program
  .command('query')
  .summary('ask an output in SQL')
  .description('Runs read-only SQL over the views samples, strings, sections, imports, exports, certificates, problems, dataset_unmatched, classic.')
  .argument('<SQL>', 'a query, as "SELECT list, count(*) FROM samples GROUP BY list"')
  .option('--out <OUT>', 'output: a folder, or s3://BUCKET/PREFIX', 'out')
  .option('--json', 'JSON lines')
  .option('--csv', 'CSV')
  .option('--max-fetch <SIZE>', 'with an output on S3: fetch no more than this for a query (default: 10GB)')
  .option('--stage <DIR>', STAGE)
  .action(async (sql: string, { json, csv, ...options }: { out: string; json?: boolean; csv?: boolean; maxFetch?: string; stage?: string }) => {
    await (await import('./commands/query.ts')).queryCommand(sql, { ...options, format: json ? 'json' : csv ? 'csv' : 'table' }, stop.signal);
  });

program
  .command('show')
  .summary('extract one file and print it')
  .argument('<FILE>', 'the file')
  .option('--json', 'the whole record as JSON')
  .action(async (path: string, { json }: { json?: boolean }) => {
    await (await import('./commands/show.ts')).showCommand(path, { json: json ?? false });
  });

program
  .command('features')
  .summary('list every column with its meaning')
  .option('--json', 'as JSON')
  .option('--markdown', 'as the page docs/FEATURES.md')
  .action(async ({ json, markdown }: { json?: boolean; markdown?: boolean }) => {
    await (await import('./commands/features.ts')).featuresCommand(json ? 'json' : markdown ? 'markdown' : 'text');
  });

/** Prints what ended the program and gives its exit code. */
function ended(error: unknown): number {
  if (stop.signal.aborted) return stop.signal.reason as number;
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof UsageError || error instanceof RunError) {
    process.stderr.write(`merc: ${escapeText(messageOf(error))}\n`);
    return error instanceof UsageError ? EXIT.usage : EXIT.incomplete;
  }
  if (isRefusal(error)) {
    process.stderr.write(`merc: ${escapeText(firstLine(error))}\n`);
    return EXIT.incomplete;
  }
  const stack = String(error instanceof Error ? error.stack : error).split('\n');
  process.stderr.write(`merc: this is a bug in merc, please report it\n${stack.map(escapeText).join('\n')}\n`);
  return EXIT.bug;
}

// Its first excess argument is a command that there is not. The commands, made before, do not inherit it.
program.allowExcessArguments();

try {
  await program.parseAsync();
  // Where what it printed could not be written, before or after it had ended.
  if (stop.signal.reason === EXIT.incomplete) process.exitCode = EXIT.incomplete;
} catch (error) {
  process.exitCode = ended(error);
  if (process.exitCode === EXIT.hungup) exit(EXIT.hungup);
}
