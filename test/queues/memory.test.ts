import { memoryQueues, memoryRun } from '../../src/queues/memory.ts';
import { queueContract } from '../contract/queue.ts';

queueContract('memory', async (use) => {
  const run = memoryRun();
  await use((options) => Promise.resolve().then(() => memoryQueues(run, options)));
});
