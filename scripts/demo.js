// `npm run demo`: makes ./samples and samples.csv from pinned packages, then runs merc over them.

import { spawnSync } from 'node:child_process';

const steps = [['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'], ['.test-build/demo/make.js'], ['dist/cli.js', 'run', './samples']];
for (const step of steps) {
  const { status } = spawnSync(process.execPath, step, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
