// `merc enqueue` with tiny batches and shards, so that a small set is much to share out.
//
//   small-enqueue SAMPLES CSV OUT FILES-A-SHARD [parts]        MERC_REDIS_URL

import { enqueueCommand } from '../../src/commands/enqueue-command.ts';

const [samples = '', csv = '', out = '', shardFiles = '12', parts] = process.argv.slice(2);
const bounds = { batchBytes: 2e6, batchFiles: 5, shardBytes: 5e6, shardFiles: Number(shardFiles) };
await enqueueCommand([samples], { csv: csv === '' ? false : csv, out, bounds, ...(parts !== undefined && { parts: true }) }, new AbortController().signal);
