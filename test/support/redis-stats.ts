// Opens the queues of a run in Redis, as a process of its own, and prints how full they are.
//
//   redis-stats URL RUN PLANHASH

import { openRedisQueues } from '../../src/queues/redis.ts';

const [url = '', run = '', planHash = ''] = process.argv.slice(2);
const queues = await openRedisQueues(url, run, { planHash, begins: true, patienceSeconds: 5 });
process.stdout.write(`${JSON.stringify(await queues.extract.stats())}\n`);
await queues.close();
