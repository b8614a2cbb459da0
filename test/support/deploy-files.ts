// The files of deploy/ as data.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

export const DEPLOY = 'deploy';

export function readDeploy(name: string): string {
  return readFileSync(join(DEPLOY, name), 'utf8');
}

/** A service of compose.yaml; what a test does not look at is not named. */
export interface Service {
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly image: string;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly (string | { readonly type: string; readonly source: string; readonly target: string; readonly read_only?: boolean })[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly stop_grace_period?: string;
}

/** Services by name, merge keys resolved and variables as they stand. */
export function services(): Readonly<Record<string, Service>> {
  return (parse(readDeploy('compose.yaml'), { merge: true }) as { services: Record<string, Service> }).services;
}

/** Services that run merc. */
export function mercServices(): [name: string, service: Service][] {
  return Object.entries(services()).filter(([, { image }]) => image === 'merc');
}

export interface Container {
  readonly name: string;
  readonly args: readonly string[];
  readonly securityContext?: Readonly<Record<string, unknown>>;
  readonly volumeMounts?: readonly { readonly mountPath: string; readonly readOnly?: boolean }[];
}

export interface Manifest {
  readonly file: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly completions?: number;
    readonly parallelism?: number;
    readonly triggers?: readonly { readonly type: string; readonly metadata: Readonly<Record<string, string>> }[];
    readonly template?: { readonly spec: { readonly securityContext?: Readonly<Record<string, unknown>>; readonly containers: readonly Container[] } };
  };
}

/** Every object of the Kubernetes files. */
export function manifests(): Manifest[] {
  return readdirSync(join(DEPLOY, 'kubernetes')).flatMap((file) =>
    parseAllDocuments(readDeploy(join('kubernetes', file))).map((document) => ({ file, ...(document.toJS() as Omit<Manifest, 'file'>) })),
  );
}
