// `merc dead` as typed.

import { EXIT } from '../core/errors.ts';
import { redisUrl } from '../queues/url.ts';
import { escapeJson } from '../ui/escape.ts';
import { formatNoun } from '../ui/format.ts';
import { print } from '../ui/print.ts';
import { table } from '../ui/table.ts';
import { answerDead, listDead } from './dead.ts';

export interface DeadFlags {
  readonly out?: string;
  readonly stage?: string;
  readonly redis?: string;
  readonly redisAnyPolicy?: boolean;
  readonly json?: boolean;
}

export async function deadListCommand(flags: DeadFlags, signal: AbortSignal): Promise<number> {
  const dead = await listDead(optionsOf(flags), signal);
  if (flags.json === true) for (const letter of dead) print(escapeJson(JSON.stringify(letter)));
  else if (dead.length === 0) print('no dead shards');
  else {
    const rows = dead.map(({ id, queue, part, attempts, since, why }) => [id, part === undefined ? queue : `${queue} ${part}`, attempts, since, why]);
    process.stdout.write(table(['shard', 'queue', 'deliveries', 'since', 'why'], rows, { width: process.stdout.columns }));
  }
  return EXIT.ok;
}

export async function deadAnswerCommand(answer: 'retry' | 'drop', ids: readonly string[], flags: DeadFlags, signal: AbortSignal): Promise<number> {
  const count = await answerDead(optionsOf(flags), answer, ids, signal);
  print(
    answer === 'retry'
      ? `${formatNoun(count, 'shard')} put back into the queue`
      : `${formatNoun(count, 'shard')} forgotten: merc status --heal puts them in anew`,
  );
  if (count >= ids.length) return EXIT.ok;
  process.stderr.write(`merc: ${ids.length - count} of the shards named are not dead: merc dead list has those that are\n`);
  return EXIT.incomplete;
}

function optionsOf({ out = 'out', stage, redis, redisAnyPolicy: anyPolicy = false }: DeadFlags) {
  return { out, stage, redis: redisUrl(redis), anyPolicy };
}
