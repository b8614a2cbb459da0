// `merc status` as typed: printed once or again and again, as JSON, or served as a page.

import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, messageOf } from '../core/errors.ts';
import type { RunStatus } from '../core/status.ts';
import { addressOf } from '../core/worker-options.ts';
import { redisUrl } from '../queues/url.ts';
import { servePages } from '../telemetry/server.ts';
import { escapeText } from '../ui/escape.ts';
import { formatNoun } from '../ui/format.ts';
import { print } from '../ui/print.ts';
import { statusJson, statusPages } from '../ui/status-html.ts';
import { statusPage } from '../ui/status-page.ts';
import { withStatus } from './status.ts';

export interface StatusFlags {
  readonly out?: string;
  readonly stage?: string;
  readonly redis?: string;
  readonly redisAnyPolicy?: boolean;
  readonly watch?: boolean;
  readonly json?: boolean;
  readonly http?: string;
  readonly httpHost?: string;
  readonly heal?: boolean;
}

/** Milliseconds between two looks of `--watch`. */
const EVERY = 2_000;

/** From the top of the screen, so that what is repeated does not scroll. */
const HOME = '\u001b[H\u001b[J';

export async function statusCommand(flags: StatusFlags, signal: AbortSignal): Promise<number> {
  const { out = 'out', stage, redisAnyPolicy: anyPolicy = false, heal = false } = flags;
  const address = addressOf('--http', flags.http, flags.httpHost);
  return withStatus({ out, stage, redis: redisUrl(flags.redis), anyPolicy, heal }, signal, async (reader) => {
    const look = async (): Promise<RunStatus> => {
      const healed = heal ? await reader.heal() : 0;
      if (heal && (healed > 0 || flags.watch !== true)) process.stderr.write(`${formatNoun(healed, 'shard')} put back into the queue\n`);
      return reader.read();
    };
    if (address !== undefined) return serve(look, address, signal);
    do {
      const status = await look();
      const again = flags.watch === true && process.stdout.isTTY ? HOME : '';
      process.stdout.write(flags.json === true ? statusJson(status) : `${again}${statusPage(status, process.stdout.columns ?? 100)}`);
      if (flags.watch === true) await sleep(EVERY, undefined, { signal });
    } while (flags.watch === true);
    return EXIT.ok;
  });
}

async function serve(look: () => Promise<RunStatus>, address: { host: string; port: number }, signal: AbortSignal): Promise<number> {
  const server = await servePages({ ...address, pages: statusPages(look), flag: '--http', onError: told });
  try {
    print(server.url);
    // The server alone keeps no process alive.
    await sleep(2 ** 31 - 1, undefined, { signal });
    return EXIT.ok;
  } finally {
    await server.close();
  }
}

function told(error: unknown): void {
  process.stderr.write(`${escapeText(messageOf(error))}\n`);
}
