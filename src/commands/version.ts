// `merc --version`: what is running.

import { version } from '../native.ts';

export function versionCommand({ json }: { readonly json: boolean }): void {
  const { extractorVersion, schemaVersion, cpuPath } = version();
  const about = { merc: extractorVersion, schema: schemaVersion, runtime: runtime(), platform: `${process.platform}-${process.arch}`, cpu_path: cpuPath };
  process.stdout.write(json ? `${JSON.stringify(about)}\n` : `merc ${extractorVersion}\n`);
}

function runtime(): string {
  const { deno, bun, node } = process.versions as NodeJS.ProcessVersions & { readonly deno?: string; readonly bun?: string };
  if (deno !== undefined) return `deno ${deno}`;
  return bun !== undefined ? `bun ${bun}` : `node ${node}`;
}
