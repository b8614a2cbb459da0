// The only importer of the addon. What crosses is names, plans, options and small summaries, never what is extracted.

export { Found, columns, concatStrings, coverage, cpuProblem, extractBatch, extractFile, fileStats, shownName, version, writeSamples } from '#binding';
export type { AsideFile, BatchSummary, BatchTask, ExtractOptions, PlannedShard, SamplesColumn } from '#binding';
