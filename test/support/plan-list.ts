// Plans the files of a list into an output, as `merc run --append` does before it extracts.
//
//   plan-list LIST OUT

import { committedIds } from '../../src/core/commit.ts';
import { runOptions } from '../../src/core/options.ts';
import { folderOutput } from '../../src/core/output.ts';
import { readHeads } from '../../src/core/plan.ts';
import { planRun, survey } from '../../src/sources/planning.ts';

const [filesFrom = '', out = ''] = process.argv.slice(2);
const options = runOptions([], { filesFrom, out, csv: false, append: true }, 1);
const surveyed = await survey(options, await readHeads(out), new Set(await committedIds(out)), new AbortController().signal);
const { heads } = await planRun(options, folderOutput(options.out), surveyed, null);
console.log(JSON.stringify(heads.map(({ files, shards, firstSampleId }) => ({ files, shards, firstSampleId }))));
