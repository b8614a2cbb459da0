// `merc run` over a folder whose files are known to do harm: faults of the addon, by path.
//
//   faulty-run SAMPLES OUT '{"faults": {"byPath": {"7": "abort"}}, "workers": 1, ...flags}'

import { runCommand } from '../../src/commands/run-command.ts';
import { EXIT, RunError } from '../../src/core/errors.ts';
import type { RunFlags } from '../../src/core/options.ts';

const [samples = '', out = '', flags = '{}'] = process.argv.slice(2);
const stop = new AbortController();
process.once('SIGINT', () => stop.abort(EXIT.interrupted));
try {
  process.exitCode = await runCommand([samples], { csv: false, out, ...(JSON.parse(flags) as RunFlags) }, stop.signal);
} catch (error) {
  if (error instanceof RunError) process.stderr.write(`merc: ${error.message}\n`);
  else if (!stop.signal.aborted) throw error;
  process.exitCode = stop.signal.aborted ? Number(stop.signal.reason) : EXIT.incomplete;
}
