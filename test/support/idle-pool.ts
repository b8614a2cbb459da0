// A pool whose workers have nothing to do, until it is killed.

import { openPool } from '../../src/pool/pool.ts';

openPool({ workers: 2 });
setInterval(() => {}, 60_000);
