// The only importer of the addon. What crosses is paths, options and small summaries, never data.

export { columns, concatStrings, coverage, cpuProblem, extractBatch, extractFile, fileStats, version, writeSamples } from '#binding';
export type { AsideFile, BatchSummary, BatchTask, ExtractOptions, SamplesColumn } from '#binding';
