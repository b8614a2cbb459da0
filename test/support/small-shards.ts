// `merc run` with tiny batches and shards, so that a small set has many moments to be killed in.
//
//   small-shards SAMPLES CSV OUT WORKERS

import { runExtraction } from '../../src/commands/run.ts';
import { runOptions } from '../../src/core/options.ts';

const [samples = '', csv = '', out = '', workers = '2'] = process.argv.slice(2);
const bounds = { batchBytes: 2e6, batchFiles: 5, shardBytes: 5e6, shardFiles: 12 };
await runExtraction(runOptions([samples], { csv, out, workers, bounds }, 2), new AbortController().signal);
