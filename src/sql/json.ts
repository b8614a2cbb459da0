// A DuckDB value as JSON text.
//
// Promise: nothing is lost on the way. Integers and decimals keep all their digits, keys keep their
// order (`"1"` is not moved to the front, as a JavaScript object would), times are ISO 8601, bytes
// are lower-case hex. Floats that are no numbers become null, since JSON has none.

import { typeIds, type Type, type Value } from '../duckdb.ts';

const TypeId = typeIds();

/** JSON text of a value. */
export function jsonText(value: Value, type: Type): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : 'null';
  switch (type.typeId) {
    case TypeId.DECIMAL:
      return String(value);
    case TypeId.LIST:
    case TypeId.ARRAY:
      return `[${itemsOf(value)
        .map((item) => jsonText(item, type.valueType))
        .join(',')}]`;
    case TypeId.STRUCT: {
      const entries = (value as { readonly entries: Readonly<Record<string, Value>> }).entries;
      return `{${type.entryNames.map((name, index) => `${JSON.stringify(name)}:${jsonText(entries[name] ?? null, type.entryTypes[index] as Type)}`).join(',')}}`;
    }
    case TypeId.MAP:
      return `{${entriesOf(value)
        .map((entry) => `${JSON.stringify(plainText(entry.key, type.keyType))}:${jsonText(entry.value, type.valueType)}`)
        .join(',')}}`;
    case TypeId.UNION: {
      const { tag, value: inner } = value as { readonly tag: string; readonly value: Value };
      return jsonText(inner, type.memberTypeForTag(tag) ?? type);
    }
    default:
      return JSON.stringify(plainText(value, type));
  }
}

/** Text of a value where text alone is wanted, as in a table or CSV: nested values as JSON; null has none. */
export function plainText(value: Value, type: Type): string {
  if (typeof value === 'string') return value;
  switch (type.typeId) {
    case TypeId.BLOB: {
      const { bytes } = value as { readonly bytes: Uint8Array };
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
    }
    case TypeId.TIMESTAMP:
    case TypeId.TIMESTAMP_S:
    case TypeId.TIMESTAMP_MS:
    case TypeId.TIMESTAMP_NS:
      return String(value).replace(' ', 'T');
    case TypeId.TIMESTAMP_TZ:
      // Its own text has the offset of this machine: an instant is written in UTC, the same everywhere.
      return instant((value as { readonly micros: bigint }).micros);
    case TypeId.LIST:
    case TypeId.ARRAY:
    case TypeId.STRUCT:
    case TypeId.MAP:
    case TypeId.UNION:
      return jsonText(value, type);
    default:
      return String(value);
  }
}

/** Microseconds since 1970 as ISO 8601 in UTC; infinity, and what is before or behind JavaScript's dates, as digits. */
function instant(micros: bigint): string {
  const milliseconds = micros / 1000n;
  return milliseconds > -8_640_000_000_000_000n && milliseconds < 8_640_000_000_000_000n ? new Date(Number(milliseconds)).toISOString() : String(micros);
}

/** Items of a list or array. */
export function itemsOf(value: Value): readonly Value[] {
  return value === null ? [] : (value as { readonly items: readonly Value[] }).items;
}

/** Entries of a map, in order. */
export function entriesOf(value: Value): readonly { readonly key: Value; readonly value: Value }[] {
  return value === null ? [] : (value as { readonly entries: readonly { key: Value; value: Value }[] }).entries;
}
