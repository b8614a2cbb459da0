// `merc watch` with tiny batches and shards, so that a round of a small set has many moments to be killed in.
//
//   small-watch SAMPLES CSV OUT

import { watchCommand } from '../../src/commands/watch-command.ts';
import { EXIT } from '../../src/core/errors.ts';

const [samples = '', csv = '', out = ''] = process.argv.slice(2);
const bounds = { batchBytes: 2e6, batchFiles: 5, shardBytes: 5e6, shardFiles: 12 };
const stop = new AbortController();
process.once('SIGINT', () => stop.abort(EXIT.interrupted));
await watchCommand([samples], { csv, out, workers: 2, bounds, every: '1s', settle: '0s' }, stop.signal).catch((error: unknown) => {
  if (!stop.signal.aborted) throw error;
  process.exitCode = Number(stop.signal.reason);
});
