// The library: what `merc run` and `merc show` do, as functions.

export { runExtraction as run, type RunObserver, type RunReport } from './commands/run.ts';
export { runOptions, type RunFlags, type RunOptions } from './core/options.ts';
export { EXIT, RunError, UsageError } from './core/errors.ts';
export { extractSample as extractFile, type ExtractOptions, type ExtractedFile } from './commands/extract-file.ts';
export type * from './core/sample.ts';
export type { Counts, Delivery, FileRef, ShardFiles, ShardPlan, Sink, Source, Stage } from './core/types.ts';
