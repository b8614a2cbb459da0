// The classic fields as the JSON lines of the first system: what the view `classic` cannot shape.
//
// A serial number becomes digits, a name attribute a text where it does not repeat and a list where
// it does, a float what Python's `json` writes. Where a sample has no dataset row, `file_type`,
// `list`, `positives`, `submitted` and `total` are null; where it is not a PE, `headers` and
// `headers_optional` are null and the lists and `sections` are empty; where it could not be read,
// hashes, `magic` and `entropy` are null too.

import { type Type, type Value } from '../duckdb.ts';
import { CLASSIC_FIELDS } from './classic.ts';
import { entriesOf, itemsOf, jsonText } from './json.ts';

/** The two sides of a line, between which the static strings stand. */
export interface ClassicLine {
  readonly before: string;
  readonly after: string;
}

/** @param row values and types of `classicColumns()`, in its order. */
export function classicLine(row: readonly Value[], types: readonly Type[]): ClassicLine {
  const members = CLASSIC_FIELDS.filter((field) => field !== 'static_strings').map((field, index) => {
    const [value = null, type] = [row[index], types[index] as Type];
    return `${JSON.stringify(field)}:${shaped(field, value, type)}`;
  });
  const at = CLASSIC_FIELDS.indexOf('static_strings');
  return { before: `{${members.slice(0, at).join(',')},"static_strings":`, after: `,${members.slice(at).join(',')}}\n` };
}

function shaped(field: string, value: Value, type: Type): string {
  if (field === 'entropy') return typeof value === 'number' ? pythonFloat(value) : 'null';
  if (field === 'certificates')
    return `[${itemsOf(value)
      .map((item) => certificate(item))
      .join(',')}]`;
  return jsonText(value, type);
}

function certificate(value: Value): string {
  const { subject, issuer, serial, ...texts } = (value as { readonly entries: Readonly<Record<string, Value>> }).entries;
  const fields = ['not_before', 'not_after', 'pub_key', 'cert', 'fingerprint'].map((field) => `"${field}":${JSON.stringify(texts[field] ?? null)}`);
  return `{"subject":${nameObject(subject ?? null)},"issuer":${nameObject(issuer ?? null)},${fields.join(',')},"serial":${typeof serial === 'string' && /^-?\d+$/.test(serial) ? serial : 'null'}}`;
}

function nameObject(value: Value): string {
  const members = entriesOf(value).map((entry) => {
    const texts = itemsOf(entry.value);
    return `${JSON.stringify(entry.key)}:${JSON.stringify(texts.length === 1 ? texts[0] : texts)}`;
  });
  return `{${members.join(',')}}`;
}

/** A finite float as Python's `repr` has it: the same digits as JavaScript, another rule for the exponent, `0.0` for a whole number. */
export function pythonFloat(value: number): string {
  const [mantissa = '', exponent = ''] = value.toExponential().split('e');
  const power = Number(exponent);
  if (value !== 0 && (power < -4 || power >= 16)) return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  // In this range JavaScript writes no exponent.
  const text = Object.is(value, -0) ? '-0' : String(value);
  return text.includes('.') ? text : `${text}.0`;
}
