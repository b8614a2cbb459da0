// The only importer of the S3 client: an output's files as objects below a prefix of a bucket.
//
// Promises, held to by `test/contract/object-store.ts`: an object appears whole; `create` is one
// conditional PUT, so that of many machines exactly one creates. What fails in passing is tried again
// (tries), what is refused is one line (s3-address). Any server with conditional PUT will do.

import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createHash, randomUUID } from 'node:crypto';
import type * as sdk from '@aws-sdk/client-s3';
import { eachOf } from '../core/each.ts';
import { temporaryName } from '../core/layout.ts';
import type { ObjectStore } from '../core/objects.ts';
import { endpointOf, refusal, s3Address } from './s3-address.ts';
import { TRIES, nameOf, persist, statusOf, type Tries } from './tries.ts';

export interface S3Options {
  /** The output with its flag, as messages name it. */
  readonly named: string;
  /** Ends trying again; what is under way comes to its end. */
  readonly signal: AbortSignal;
  /** Folder for what has to be a file before it is sent. */
  readonly spool: string;
  readonly tries?: Tries;
  /** Milliseconds for a connection, and of silence on it. */
  readonly times?: typeof TIMES;
  /** Files above `from` bytes are sent in pieces. */
  readonly pieces?: { readonly from: number; readonly bytes: number };
}

/** S3 takes at most 10,000 pieces of at least 5 MiB; a piece that fails is sent again alone. */
const PIECES = { from: 100e6, bytes: 64 * 1024 ** 2 };
const [PIECES_AT_ONCE, REMOVALS_AT_ONCE] = [4, 16];
const TIMES = { connectionTimeout: 10_000, socketTimeout: 60_000 };

const silence = (): void => {};
const SILENT = { debug: silence, info: silence, warn: silence, error: silence };

export async function s3Objects(
  out: string,
  { named, signal, spool, tries = TRIES, times = TIMES, pieces = PIECES }: S3Options,
): Promise<ObjectStore & { close(): void }> {
  const { bucket, prefix } = s3Address(out, named);
  // The version is pinned and tested on Node 20: what a later one will need is not this user's concern.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const s3 = await import('@aws-sdk/client-s3');
  const client = clientOf(s3, times);
  const placed = (key: string) => ({ Bucket: bucket, Key: prefix + key });
  const asked = <T>(once: (attempt: number) => Promise<T>): Promise<T> =>
    persist(once, signal, tries).catch((error: unknown) => Promise.reject(refusal(named, error)));

  const put = async (from: string, key: string, condition: { IfNoneMatch?: '*' } = {}): Promise<void> => {
    const { size } = await stat(from);
    // A stream is read once: each try has its own.
    const body = size === 0 ? '' : createReadStream(from);
    await client.send(new s3.PutObjectCommand({ ...placed(key), Body: body, ContentLength: size, ...condition }));
  };

  const putInPieces = async (from: string, key: string, size: number): Promise<void> => {
    const { UploadId } = await asked(() => client.send(new s3.CreateMultipartUploadCommand(placed(key))));
    const upload = { ...placed(key), UploadId };
    const length = Math.max(pieces.bytes, Math.ceil(size / 10_000));
    const sent: { PartNumber: number; ETag: string | undefined }[] = Array.from({ length: Math.ceil(size / length) });
    try {
      await eachOf(sent.keys(), PIECES_AT_ONCE, async (index) => {
        const [start, end] = [index * length, Math.min((index + 1) * length, size)];
        const PartNumber = index + 1;
        const { ETag } = await asked(() =>
          client.send(new s3.UploadPartCommand({ ...upload, PartNumber, Body: createReadStream(from, { start, end: end - 1 }), ContentLength: end - start })),
        );
        sent[index] = { PartNumber, ETag };
      });
      await asked(() => client.send(new s3.CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: sent } })));
    } catch (error) {
      // Where that is refused too, the first refusal is the one to tell; a rule of the bucket removes such pieces.
      await client.send(new s3.AbortMultipartUploadCommand(upload)).catch(() => {});
      throw error;
    }
  };

  const bodyOf = async (key: string): Promise<sdk.GetObjectCommandOutput | undefined> => {
    try {
      return await client.send(new s3.GetObjectCommand(placed(key)));
    } catch (error) {
      if (nameOf(error) === 'NoSuchKey') return undefined;
      throw error;
    }
  };

  const read = (key: string) => asked(async () => (await bodyOf(key))?.Body?.transformToString());

  /** Keys below the output's prefix and `below`; with a delimiter each folder once, with its `/`. */
  const keysBelow = async (below: string, delimiter?: '/'): Promise<string[]> => {
    const keys: string[] = [];
    let token: string | undefined;
    do {
      const page = await asked(() =>
        client.send(new s3.ListObjectsV2Command({ Bucket: bucket, Prefix: prefix + below, Delimiter: delimiter, ContinuationToken: token })),
      );
      for (const { Key } of page.Contents ?? []) if (Key !== undefined) keys.push(Key.slice(prefix.length));
      for (const { Prefix } of page.CommonPrefixes ?? []) if (Prefix !== undefined) keys.push(Prefix.slice(prefix.length));
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return keys;
  };

  const createFrom = (file: string, key: string): Promise<boolean> =>
    asked(async (attempt) => {
      try {
        await put(file, key, { IfNoneMatch: '*' });
        return true;
      } catch (error) {
        if (statusOf(error) !== 412) throw error;
        // An earlier try may have come through, and only its answer have been lost.
        return attempt > 1 && (await isContent(file, (await bodyOf(key))?.Body as Readable | undefined));
      }
    });

  return {
    async put(from, key) {
      const { size } = await stat(from);
      await (size > pieces.from ? putInPieces(from, key, size) : asked(() => put(from, key)));
    },
    async create(key, content) {
      if ('file' in content) return createFrom(content.file, key);
      const file = join(spool, `${randomUUID()}.tmp`);
      try {
        await writeFile(file, content.text);
        return await createFrom(file, key);
      } finally {
        await rm(file, { force: true });
      }
    },
    async replace(key, text) {
      await asked(() => client.send(new s3.PutObjectCommand({ ...placed(key), Body: text })));
    },
    read,
    async list(folder) {
      const below = folder === '' ? '' : `${folder}/`;
      const names = (await keysBelow(below, '/')).map((key) => key.slice(below.length).replace(/\/$/, ''));
      // A console makes a folder by an empty object of its name.
      return names.filter((name) => name !== '').toSorted();
    },
    fetch: (key, to) =>
      asked(async () => {
        const found = await bodyOf(key);
        if (found === undefined) return false;
        const temporary = temporaryName(to);
        try {
          await pipeline(found.Body as Readable, createWriteStream(temporary));
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
      await eachOf(keys, REMOVALS_AT_ONCE, (each) => asked(() => client.send(new s3.DeleteObjectCommand(placed(each)))));
    },
    close: () => client.destroy(),
  };
}

function clientOf(s3: typeof sdk, times: typeof TIMES): sdk.S3Client {
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
    logger: SILENT,
    requestHandler: times,
  });
}

async function isContent(file: string, there: Readable | undefined): Promise<boolean> {
  if (there === undefined) return false;
  const [ours, theirs] = [createHash('sha256'), createHash('sha256')];
  for await (const chunk of createReadStream(file)) ours.update(chunk as Buffer);
  for await (const chunk of there) theirs.update(chunk as Buffer);
  return ours.digest('hex') === theirs.digest('hex');
}
