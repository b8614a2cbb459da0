import { queueContract } from '../contract/queue.ts';
import { NO_REDIS, withRedis } from '../support/redis-server.ts';
import { withRun } from '../support/redis-run.ts';

queueContract('redis', (use) => withRedis(({ url }) => withRun(url, (open) => use(open))), NO_REDIS);
