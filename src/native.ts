// The only importer of the addon. What crosses is paths, options and small summaries, never data.

export { Found, columns, concatStrings, coverage, cpuProblem, extractBatch, extractFile, fileStats, shownName, version, writeSamples } from '#binding';
export type { AsideFile, BatchSummary, BatchTask, ExtractOptions, PlannedShard, SamplesColumn } from '#binding';
