// `s3://bucket/prefix`: what it means, and what is said when S3 refuses.
//
// Promise: whatever is refused is one line that names the output and, where one can know it, what
// would mend it. Credentials come from the environment and are in no message.

import { RunError, UsageError, firstLine, messageOf } from '../core/errors.ts';
import { nameOf, statusOf } from './tries.ts';

export interface S3Address {
  readonly bucket: string;
  /** Empty, or with a `/` at its end. */
  readonly prefix: string;
}

export function s3Address(out: string, named: string): S3Address {
  const [, bucket, rest = ''] = /^s3:\/\/([a-z\d][a-z\d.-]{1,61}[a-z\d])(?:\/(.*))?$/i.exec(out) ?? [];
  const steps = rest.replace(/\/+$/, '').split('/');
  if (bucket === undefined || (rest !== '' && steps.some((step) => step === '' || step === '.' || step === '..')))
    throw new UsageError(`${out.includes('@') ? '--out' : named}: s3://BUCKET/PREFIX is needed, and credentials come from the environment (AWS_ACCESS_KEY_ID)`);
  return { bucket, prefix: steps[0] === '' ? '' : `${steps.join('/')}/` };
}

/** Where S3 is, by the standard variables; undefined for Amazon's own. */
export function endpointOf(env: NodeJS.ProcessEnv): string | undefined {
  const [variable, endpoint] = Object.entries(env).find(([name]) => name === 'AWS_ENDPOINT_URL_S3') ?? ['AWS_ENDPOINT_URL', env['AWS_ENDPOINT_URL']];
  if (endpoint === undefined || endpoint === '') return undefined;
  if (!URL.canParse(endpoint) || !/^https?:/i.test(endpoint)) throw new UsageError(`${variable}: is no address as http://HOST:PORT`);
  return endpoint;
}

const REASONS: Readonly<Record<string, string>> = {
  NoSuchBucket: 'there is no such bucket: make it, or name another',
  CredentialsProviderError: 'no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE',
  PermanentRedirect: 'the bucket is in another region: set AWS_REGION to it',
  AuthorizationHeaderMalformed: 'the bucket is in another region: set AWS_REGION to it',
};

/** What the client throws as one line; what is not of S3, as a full disk here, stays what it is. */
export function refusal(named: string, error: unknown): unknown {
  const [name, status] = [nameOf(error), statusOf(error)];
  if (REASONS[name] !== undefined) return new RunError(`${named}: ${REASONS[name]}`, { cause: error });
  if (messageOf(error) === 'Region is missing') return new RunError(`${named}: no region: set AWS_REGION`, { cause: error });
  if (status === 403 || status === 401) return new RunError(`${named}: refused (${name}): these credentials may not do that there`, { cause: error });
  if (status !== undefined) return new RunError(`${named}: S3 failed (${name}, status ${status}): ${firstLine(error)}`, { cause: error });
  if (name === 'TimeoutError' || (error instanceof Error && 'syscall' in error && !('path' in error)) || /socket/i.test(messageOf(error)))
    return new RunError(`${named}: S3 cannot be reached (${firstLine(error)})`, { cause: error });
  return error;
}
