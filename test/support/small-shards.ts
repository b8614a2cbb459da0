// `merc run` with tiny batches and shards, so that a small set has many moments to be killed in.
//
//   small-shards SAMPLES CSV OUT WORKERS [SLICE]

import { runCommand } from '../../src/commands/run-command.ts';
import { EXIT, RunError, firstLine, isRefusal } from '../../src/core/errors.ts';

const [samples = '', csv = '', out = '', workers = '2', slice] = process.argv.slice(2);
const bounds = { batchBytes: 2e6, batchFiles: 5, shardBytes: 5e6, shardFiles: 12 };
const stop = new AbortController();
process.once('SIGINT', () => stop.abort(EXIT.interrupted));
process.once('SIGTERM', () => stop.abort(EXIT.terminated));
try {
  process.exitCode = await runCommand([samples], { csv, out, workers, bounds, ...(slice !== undefined && { slice }) }, stop.signal);
} catch (error) {
  if (error instanceof RunError || isRefusal(error)) process.stderr.write(`merc: ${firstLine(error)}\n`);
  else if (!stop.signal.aborted) throw error;
  process.exitCode = stop.signal.aborted ? Number(stop.signal.reason) : EXIT.incomplete;
}
