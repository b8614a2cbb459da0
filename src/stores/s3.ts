// The only importer of the S3 client: an output's files as objects below a prefix of a bucket.
//
// Promises, held to by `test/contract/object-store.ts`: an object appears whole; `create` is one
// conditional PUT, so that of many machines exactly one creates. What fails in passing is tried again
// (tries), what is refused is one line (s3-address). Any server with conditional PUT will do.

import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createHash, randomUUID } from 'node:crypto';
import type * as sdk from '@aws-sdk/client-s3';
import { eachOf } from '../core/each.ts';
import { sha256Of, temporaryName, writeFlushed } from '../core/layout.ts';
import type { ObjectStore } from '../core/objects.ts';
import { endpointOf, refusal, s3Address } from './s3-address.ts';
import { unlessSilent, type Watched } from './silence.ts';
import { TRIES, nameOf, persist, statusOf, type Tries } from './tries.ts';

export interface S3Options {
  /** The output with its flag, as messages name it. */
  readonly named: string;
  /** Ends trying again; what is under way comes to its end. */
  readonly signal: AbortSignal;
  /** Folder for what has to be a file before it is sent. */
  readonly spool: string;
  readonly tries?: Tries;
  /** Milliseconds without progress after which a request is given up. */
  readonly silent?: number;
  /** Files above `from` bytes are sent in pieces. */
  readonly pieces?: { readonly from: number; readonly bytes: number };
}

/** S3 takes at most 10,000 pieces of at least 5 MiB; a piece that fails is sent again alone. */
const PIECES = { from: 100e6, bytes: 64 * 1024 ** 2 };
const [PIECES_AT_ONCE, REMOVALS_AT_ONCE] = [4, 16];
const SILENT = 60_000;

const silence = (): void => {};
const MUTE = { debug: silence, info: silence, warn: silence, error: silence };

export async function s3Objects(
  out: string,
  { named, signal, spool, tries = TRIES, silent = SILENT, pieces = PIECES }: S3Options,
): Promise<ObjectStore & { close(): void }> {
  const { bucket, prefix } = s3Address(out, named);
  // The version is pinned and tested on Node 20: what a later one will need is not this user's concern.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const s3 = await import('@aws-sdk/client-s3');
  const client = clientOf(s3);
  const placed = (key: string) => ({ Bucket: bucket, Key: prefix + key });
  const asked = <T>(once: (watched: Watched, attempt: number) => Promise<T>): Promise<T> =>
    persist((attempt) => unlessSilent(silent, (watched) => once(watched, attempt)), signal, tries).catch((error: unknown) =>
      Promise.reject(refusal(named, error)),
    );

  const put = async (watched: Watched, from: string, key: string, sha256: string, condition: { IfNoneMatch?: '*' } = {}): Promise<void> => {
    const { size } = await stat(from);
    const whole = { ContentLength: size, ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64') };
    const Body = size === 0 ? '' : streamOf(watched, from);
    await client.send(new s3.PutObjectCommand({ ...placed(key), ...whole, ...condition, Body }), { abortSignal: watched.signal });
  };

  const putInPieces = async (from: string, key: string, size: number): Promise<void> => {
    const { UploadId } = await asked(({ signal: abortSignal }) => client.send(new s3.CreateMultipartUploadCommand(placed(key)), { abortSignal }));
    const upload = { ...placed(key), UploadId };
    const length = Math.max(pieces.bytes, Math.ceil(size / 10_000));
    const sent: { PartNumber: number; ETag: string | undefined }[] = Array.from({ length: Math.ceil(size / length) });
    try {
      await eachOf(sent.keys(), PIECES_AT_ONCE, async (index) => {
        const [start, end] = [index * length, Math.min((index + 1) * length, size)];
        const PartNumber = index + 1;
        const { ETag } = await asked((watched) => {
          const Body = streamOf(watched, from, { start, end: end - 1 });
          return client.send(new s3.UploadPartCommand({ ...upload, PartNumber, Body, ContentLength: end - start }), { abortSignal: watched.signal });
        });
        sent[index] = { PartNumber, ETag };
      });
      await asked(({ signal: abortSignal }) =>
        client.send(new s3.CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: sent } }), { abortSignal }),
      );
    } catch (error) {
      // Where that is refused too, the first refusal is the one to tell; a rule of the bucket removes such pieces.
      await client.send(new s3.AbortMultipartUploadCommand(upload)).catch(() => {});
      throw error;
    }
  };

  const bodyOf = async ({ signal: abortSignal }: Watched, key: string): Promise<sdk.GetObjectCommandOutput | undefined> => {
    try {
      return await client.send(new s3.GetObjectCommand(placed(key)), { abortSignal });
    } catch (error) {
      if (nameOf(error) === 'NoSuchKey') return undefined;
      throw error;
    }
  };

  const read = (key: string) => asked(async (watched) => (await bodyOf(watched, key))?.Body?.transformToString());

  /** Keys below the output's prefix and `below`; with a delimiter each folder once, with its `/`. */
  const keysBelow = async (below: string, delimiter?: '/'): Promise<string[]> => {
    const keys: string[] = [];
    let token: string | undefined;
    do {
      const page = await asked(({ signal: abortSignal }) =>
        client.send(new s3.ListObjectsV2Command({ Bucket: bucket, Prefix: prefix + below, Delimiter: delimiter, ContinuationToken: token }), { abortSignal }),
      );
      for (const { Key } of page.Contents ?? []) if (Key !== undefined) keys.push(Key.slice(prefix.length));
      for (const { Prefix } of page.CommonPrefixes ?? []) if (Prefix !== undefined) keys.push(Prefix.slice(prefix.length));
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return keys;
  };

  const createFrom = async (file: string, key: string): Promise<boolean> => {
    const sha256 = await sha256Of(file);
    return asked(async (watched, attempt) => {
      try {
        await put(watched, file, key, sha256, { IfNoneMatch: '*' });
        return true;
      } catch (error) {
        if (statusOf(error) !== 412) throw error;
        // An earlier try may have come through, and only its answer have been lost.
        return attempt > 1 && (await digestOf((await bodyOf(watched, key))?.Body as Readable | undefined)) === sha256;
      }
    });
  };

  return {
    async put(from, key, known) {
      const { size } = await stat(from);
      if (size > pieces.from) return putInPieces(from, key, size);
      const sha256 = known ?? (await sha256Of(from));
      await asked((watched) => put(watched, from, key, sha256));
    },
    async create(key, content) {
      if ('file' in content) return createFrom(content.file, key);
      const file = join(spool, `${randomUUID()}.tmp`);
      try {
        await writeFlushed(file, content.text);
        return await createFrom(file, key);
      } finally {
        await rm(file, { force: true });
      }
    },
    async replace(key, text) {
      await asked(({ signal: abortSignal }) => client.send(new s3.PutObjectCommand({ ...placed(key), Body: text }), { abortSignal }));
    },
    read,
    async list(folder) {
      const below = folder === '' ? '' : `${folder}/`;
      const names = (await keysBelow(below, '/')).map((key) => key.slice(below.length).replace(/\/$/, ''));
      // A console makes a folder by an empty object of its name.
      return names.filter((name) => name !== '').toSorted();
    },
    fetch: (key, to) =>
      asked(async (watched) => {
        const found = await bodyOf(watched, key);
        if (found === undefined) return false;
        const temporary = temporaryName(to);
        try {
          const target = createWriteStream(temporary);
          watched.moved = () => target.bytesWritten;
          await pipeline(found.Body as Readable, target, { signal: watched.signal });
          const { size } = await stat(temporary);
          if (size !== found.ContentLength)
            throw Object.assign(new Error(`${size} of ${found.ContentLength} bytes of ${key} came`), { code: 'ECONNRESET', syscall: 'read' });
          await rename(temporary, to);
          return true;
        } finally {
          await rm(temporary, { force: true });
        }
      }),
    async remove(key) {
      const keys = key.endsWith('/') ? await keysBelow(key) : [key];
      // One by one: not every server that is called S3 can remove many at once.
      await eachOf(keys, REMOVALS_AT_ONCE, (each) =>
        asked(({ signal: abortSignal }) => client.send(new s3.DeleteObjectCommand(placed(each)), { abortSignal })),
      );
    },
    close: () => client.destroy(),
  };
}

/** A file, or a piece of it, to be sent. It is read once: each try has its own. */
function streamOf(watched: Watched, from: string, range: { start?: number; end?: number } = {}): Readable {
  const stream = createReadStream(from, range);
  watched.moved = () => stream.bytesRead;
  watched.signal.addEventListener('abort', () => stream.destroy());
  return stream;
}

function clientOf(s3: typeof sdk): sdk.S3Client {
  const endpoint = endpointOf(process.env);
  const { AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  const region = AWS_REGION ?? AWS_DEFAULT_REGION ?? (endpoint === undefined ? undefined : 'us-east-1');
  return new s3.S3Client({
    // Other servers than Amazon's seldom have a host name for each bucket.
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    ...(region !== undefined && { region }),
    // Tries are ours: the client cannot repeat a stream.
    maxAttempts: 1,
    // It would print that it cannot.
    logger: MUTE,
    // Its own checksums come in chunks, which not every server can read; a file's SHA-256 goes along instead.
    ...(process.env['AWS_REQUEST_CHECKSUM_CALCULATION'] === undefined && { requestChecksumCalculation: 'WHEN_REQUIRED' }),
    requestHandler: { connectionTimeout: 10_000 },
  });
}

async function digestOf(there: Readable | undefined): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of there ?? []) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
