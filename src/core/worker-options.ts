// Flags of the workers, from raw to checked. Addresses of servers are read where they are used.

import { resolve } from 'node:path';
import { UsageError } from './errors.ts';
import { DAY, duration } from './flag-values.ts';
import { isRemote } from './output.ts';
import { EXTRACTION_PARTS, type ExtractionPart } from './queue.ts';

/** Flags that all workers have, as typed. */
export interface WorkerFlags {
  readonly out?: string;
  readonly redisAnyPolicy?: boolean;
  readonly stage?: string;
  readonly grace?: string;
  readonly lease?: string;
  readonly drain?: boolean;
  readonly metrics?: string;
  readonly metricsHost?: string;
  readonly logFormat?: string;
}

/** Checked options of a worker. */
export interface WorkerOptions {
  readonly out: string;
  /** Folder of this machine for what is under way, where the output is on S3. */
  readonly stage: string | undefined;
  /** Milliseconds that what is in hand may take to its end, once a signal has come. */
  readonly grace: number;
  /** Seconds without a sign of life after which others take what this worker has in hand. */
  readonly leaseSeconds: number;
  /** Takes a Redis that may evict messages. */
  readonly anyPolicy: boolean;
  /** Ends when all that was planned is done, instead of waiting for more. */
  readonly drain: boolean;
  /** Where metrics are served. */
  readonly metrics: Address | undefined;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What others on the network see is asked for by name. */
export const LOOPBACK = '127.0.0.1';

/** Orchestrators kill after 30 s or 10 s; a shard in hand is done or handed back before. */
const GRACE = '8s';

/** More than three times what a heartbeat is kept back on a busy machine. */
const LEASE = '60s';

export function workerOptions({
  out = 'out',
  stage,
  grace = GRACE,
  lease = LEASE,
  redisAnyPolicy = false,
  drain = false,
  metrics,
  metricsHost,
}: WorkerFlags): WorkerOptions {
  return {
    out: isRemote(out) ? out : resolve(out),
    stage,
    grace: duration('--grace', grace, 0, DAY),
    leaseSeconds: duration('--lease', lease, 1e3, DAY) / 1e3,
    anyPolicy: redisAnyPolicy,
    drain,
    metrics: addressOf('--metrics', metrics, metricsHost),
  };
}

/** Where a server is to listen; nowhere without a port. Port 0 is any free one. */
export function addressOf(flag: string, port: string | undefined, host?: string): Address | undefined {
  if (port === undefined && host !== undefined) throw new UsageError(`${flag}-host ${host}: goes with ${flag} PORT`);
  if (port === undefined) return undefined;
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new UsageError(`${flag} ${port}: a port from 0 to 65535 is needed`);
  return { host: host ?? LOOPBACK, port: Number(port) };
}

/** The part that a worker does; all of them, if not said. */
export function partOf(parts: string | undefined): ExtractionPart {
  const part = EXTRACTION_PARTS.find((each) => each === parts);
  if (parts !== undefined && part === undefined) throw new UsageError(`--parts ${parts}: the choices are ${EXTRACTION_PARTS.join(', ')}`);
  return part ?? 'all';
}
