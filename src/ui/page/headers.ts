// Headers, entry point and checksum, and the directories that say how the image is loaded.

import type { Exceptions, LoadConfig, Sample, Tls } from '../../core/sample.ts';
import { formatBytes, formatCount, formatNoun } from '../format.ts';
import { flags, hex, list, present, rest, type Block, type Line } from './layout.ts';

const SHOWN = { callbacks: 16, rich: 24, entryBytes: 24 } as const;

export function headers(sample: Sample): Block {
  const { headers: coff, headers_optional: optional, machine_name, subsystem_name, is_64bit } = sample;
  if (coff === null) return [];
  const version = (kind: 'linker' | 'operating_system' | 'image' | 'subsystem') =>
    `${optional?.[`major_${kind}_version`] ?? '?'}.${optional?.[`minor_${kind}_version`] ?? '?'}`;
  return [
    ['machine', `${machine_name ?? 'unknown'} (${hex(coff.machine)})${is_64bit === null ? '' : is_64bit ? ', PE32+' : ', PE32'}`],
    ...present([
      ['subsystem', subsystem_name],
      ['compiled', compiled(sample)],
    ]),
    ['flags', flags([...coff.characteristics_names, ...(optional?.dll_characteristics_names ?? [])], /^IMAGE_(?:FILE|DLLCHARACTERISTICS)_/)],
    ...(optional === null ? [] : entryPoint(sample)),
    ...(optional === null
      ? []
      : ([
          [
            'image',
            `base ${hex(optional.image_base)}, ${formatCount(optional.size_of_image ?? Number.NaN)} bytes, aligned ${hex(optional.section_alignment)} in memory, ${hex(optional.file_alignment)} in the file`,
          ],
          ['versions', `linker ${version('linker')}, OS ${version('operating_system')}, subsystem ${version('subsystem')}, image ${version('image')}`],
        ] as const)),
    ...present([['checksum', checksum(sample)]]),
  ];
}

function compiled({ coff_timestamp: time, debug }: Sample): string | null {
  if (time === null) return null;
  const repro = debug?.some(({ type_name }) => type_name === 'IMAGE_DEBUG_TYPE_REPRO') ?? false;
  return `${time} UTC (${repro ? 'a hash: the build is reproducible' : 'a hash in reproducible builds'})`;
}

function entryPoint({ entry_point: entry, headers_optional: optional }: Sample): Line[] {
  if (entry === null) return [['entry point', hex(optional?.address_of_entry_point ?? null)]];
  const { rva, section, file_offset, bytes } = entry;
  const first = (bytes ?? '').slice(0, SHOWN.entryBytes * 2);
  return [
    [
      'entry point',
      `${hex(rva)} in ${section === null ? 'no section' : section}${file_offset === null ? ', not in the file' : `, file offset ${hex(file_offset)}`}`,
    ],
    ...(first === '' ? [] : [['', (first.match(/../gu) ?? []).join(' ')] as const]),
  ];
}

function checksum({ checksum: sum }: Sample): string | null {
  if (sum === null) return null;
  const { stored, computed } = sum;
  if (computed === null) return `${hex(stored)} stored`;
  if (stored === computed) return `${hex(stored)}, as computed`;
  return stored === 0 ? `not set; ${hex(computed)} computed` : `${hex(stored)} stored, ${hex(computed)} computed: they differ`;
}

/** TLS, load configuration, debug, relocations, exceptions: what is there and how much. */
export function directories({ tls, load_config, debug, relocations, exceptions, bound_imports, coff_symbol_table }: Sample): Block {
  return [
    ...(tls === null ? [] : tlsLines(tls)),
    ...(load_config === null ? [] : guard(load_config)),
    ...present([
      ['debug', debug === null || debug.length === 0 ? null : debug.map(debugWord).join(' ')],
      ['bound', bound_imports === null ? null : formatNoun(bound_imports.length, 'DLL')],
      ['relocations', relocations === null ? null : `${formatNoun(relocations.entries, 'entry', 'entries')} in ${formatNoun(relocations.blocks, 'block')}`],
      ['exceptions', exceptions === null ? null : exceptionWords(exceptions)],
      ['symbols', coff_symbol_table === null ? null : `${formatCount(coff_symbol_table.symbol_count)} in the COFF symbol table`],
    ]),
  ];
}

function debugWord({ type_name, debug_type }: NonNullable<Sample['debug']>[number]): string {
  return type_name?.replace(/^IMAGE_DEBUG_TYPE_/, '') ?? String(debug_type);
}

function tlsLines({ callbacks, start_address_of_raw_data: start, end_address_of_raw_data: end }: Tls): Line[] {
  const template = end > start ? `, template ${formatCount(end - start)} bytes` : '';
  return [
    ['tls', `${formatNoun(callbacks.length, 'callback')}${template}`],
    ...(callbacks.length === 0
      ? []
      : [
          [
            '',
            callbacks
              .slice(0, SHOWN.callbacks)
              .map(({ address, rva }) => `${hex(address)} (RVA ${hex(rva)})`)
              .join(', '),
          ] as const,
        ]),
    ...rest(callbacks.length, SHOWN.callbacks),
  ];
}

function guard({ size, guard_flags_names: names, tables }: LoadConfig): Line[] {
  const counted = (tables ?? []).map(({ name, declared, present: held }) => {
    const missing = declared === BigInt(held) ? '' : ` of ${formatCount(declared)}`;
    return `${name} ${formatCount(held)}${missing}`;
  });
  return [
    ['load config', `${formatCount(size)} bytes${counted.length === 0 ? '' : `; ${counted.join(', ')}`}`],
    ...present([['guard', names === null || names.length === 0 ? null : flags(names, /^IMAGE_GUARD_/)]]),
  ];
}

function exceptionWords({ format, entries, exception_handlers, unwind_unreadable }: Exceptions): string {
  const broken = unwind_unreadable === 0 ? '' : `, ${formatCount(unwind_unreadable)} unreadable`;
  return `${formatNoun(entries, 'function')} (${format}), ${formatCount(exception_handlers)} with a handler${broken}`;
}

export function overlay({ overlay: tail, win_certificates }: Sample): Block {
  if (tail === null) return [];
  const { file_offset, size, entropy, sha256, magic } = tail;
  const trust = win_certificates?.[0]?.file_offset === file_offset ? ', the certificate table first' : '';
  return [
    [
      'overlay',
      `${formatCount(size)} bytes${size < 1000 ? '' : ` (${formatBytes(size)})`} from ${hex(file_offset)}${entropy === null ? '' : `, entropy ${entropy.toFixed(2)}`}${trust}`,
    ],
    ...present([
      ['  magic', magic],
      ['  sha256', sha256],
    ]),
  ];
}

export function rich({ rich: data }: Sample, width: number): Block {
  if (data === null) return [];
  const objects = data.entries.reduce((sum, { count }) => sum + count, 0);
  const tools = data.entries.map(({ product_id, build, count }) => `${hex(product_id)}.${build} (${formatCount(count)})`);
  return [
    `rich: ${formatNoun(data.entries.length, 'tool')} (product.build), ${formatNoun(objects, 'object')}; checksum ${data.checksum_ok ? 'right' : 'wrong: changed or copied'}`,
    ...list(tools, SHOWN.rich, width),
  ];
}
