// What the file says of itself: version information and .NET metadata.

import type { Assembly, Clr, Sample } from '../../core/sample.ts';
import { formatCount, formatNoun } from '../format.ts';
import { flags, hex, list, present, rest, type Block, type Line } from './layout.ts';

const SHOWN = { strings: 24, references: 24, modules: 12, resources: 12 } as const;

export function versionInfo({ version_info: info }: Sample): Block {
  if (info === null) return [];
  const { file_version, product_version, file_flags_names: names, file_type_name, strings } = info;
  const numbers = [
    file_version === null ? [] : [`file ${file_version}`],
    product_version === null ? [] : [`product ${product_version}`],
    file_type_name === null ? [] : [file_type_name],
    names.length === 0 ? [] : [flags(names, /^VS_FF_/)],
  ].flat();
  return [
    'version information',
    ...(numbers.length === 0 ? [] : [['  fixed', numbers.join(', ')] as const]),
    ...strings.slice(0, SHOWN.strings).map(({ name, value }): Line => ['', `${name}: ${value}`]),
    ...rest(strings.length, SHOWN.strings),
  ];
}

export function clr({ clr: data }: Sample, width: number): Block {
  if (data === null) return [];
  const { assembly_refs: references, module_refs: modules, resources, metadata_version } = data;
  return [
    '.NET',
    ...present([
      ['  metadata', `${metadata_version ?? '?'}, runtime ${data.major_runtime_version}.${data.minor_runtime_version}`],
      ['  assembly', data.assembly === null ? null : assemblyText(data.assembly)],
      ['  token', data.assembly?.public_key_token],
      ['  module', data.module_name],
      ['  mvid', data.mvid],
      ['  typelib', data.typelib],
      ['  flags', data.flag_names.length === 0 ? null : flags(data.flag_names, /^COMIMAGE_FLAGS_/)],
      ['  entry', entry(data)],
      ['  strings', data.user_string_count === null ? null : `${formatCount(data.user_string_count)} of the user`],
    ]),
    ...counted(
      'references',
      (references ?? []).map(({ name, version }) => `${name ?? '?'} ${version}`),
      SHOWN.references,
      width,
    ),
    ...counted('modules', modules ?? [], SHOWN.modules, width),
    ...counted(
      'resources',
      (resources ?? []).map(({ name, size }) => `${name ?? '?'}${size === null ? '' : ` (${formatNoun(size, 'byte')})`}`),
      SHOWN.resources,
      width,
    ),
  ];
}

function assemblyText({ name, version, culture }: Assembly): string {
  return `${name ?? '?'} ${version}${culture === null ? '' : `, culture ${culture}`}`;
}

function entry({ entry_point_token: token, entry_point_rva: rva }: Clr): string | null {
  if (rva !== null) return `native code at ${hex(rva)}`;
  return token === null || token === 0 ? null : `token ${hex(token)}`;
}

function counted(label: string, names: readonly string[], most: number, width: number): string[] {
  return names.length === 0 ? [] : [`  ${label}: ${formatCount(names.length)}`, ...list(names, most, width, 4)];
}
