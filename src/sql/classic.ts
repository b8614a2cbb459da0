// The classic view: the 19 fields of the first system, in its shapes as far as SQL has them.
//
// Where SQL has no such shape, the JSON-lines export finishes it: a serial number is text here and
// digits there, a name attribute is a list here and a single text there where it does not repeat.

/** Fields of a JSON line, in its order. */
export const CLASSIC_FIELDS = [
  ...['file_name', 'md5', 'sha1', 'sha256', 'imports', 'exports', 'file_size', 'file_type', 'headers', 'headers_optional'],
  ...['list', 'magic', 'entropy', 'certificates', 'positives', 'sections', 'static_strings', 'submitted', 'total'],
] as const;

/** Everything but `static_strings`, which is a table of its own. */
const EXPRESSIONS: Readonly<Record<string, string>> = {
  imports: `coalesce(flatten(list_transform(list_filter(imports, lambda i: NOT i.delayed),
    lambda i: list_transform(list_filter(i.functions, lambda f: f.name IS NOT NULL), lambda f: f.name))), [])`,
  exports: `coalesce(list_transform(list_filter(exports, lambda e: e.name IS NOT NULL), lambda e: e.name), [])`,
  headers: pick('headers', ['number_of_sections']),
  headers_optional: pick('headers_optional', [
    ...['size_of_code', 'size_of_image', 'size_of_stack_reserve', 'size_of_stack_commit', 'size_of_heap_reserve', 'size_of_heap_commit'],
  ]),
  certificates: `coalesce(list_transform(list_filter(certificates, lambda c: c.source = 'signature'), lambda c: {subject: ${names('c.subject_parts')}, issuer: ${names('c.issuer_parts')},
    not_before: strftime(c.not_before, '%Y-%m-%dT%H:%M:%S'), not_after: strftime(c.not_after, '%Y-%m-%dT%H:%M:%S'),
    pub_key: c.public_key, cert: c.certificate, fingerprint: c.fingerprint, serial: c.serial}), [])`,
  // On a repeated name the later section wins, at the place of the first.
  sections: `map_from_entries(list_transform(
    list_filter(coalesce(sections, []), lambda s, i: list_position(list_transform(sections, lambda t: t.name), s.name) = i),
    lambda s: {k: s.name, v: list_transform(list_filter(sections, lambda t: t.name = s.name),
      lambda t: {size_of_raw_data: t.raw_size, misc_virtual_size: t.virtual_size, contains_code: t.contains_code, executable: t.executable, writable: t.writable})[-1]}))`,
};

/** The select list of the fields, `static_strings` left out. */
export function classicColumns(): string {
  return CLASSIC_FIELDS.filter((field) => field !== 'static_strings')
    .map((field) => (EXPRESSIONS[field] === undefined ? field : `${EXPRESSIONS[field]} AS ${field}`))
    .join(', ');
}

/**
 * The whole view, `sample_id` first so that it can be filtered. The strings come from a correlated
 * subquery: a filter on any column of the sample reaches their scan as a filter on `sample_id`. A
 * join with the grouped strings, which is quicker for all samples at once, reads all strings for one
 * sample unless that is named by its `sample_id`.
 */
export function classicSelect(samples: string, strings: string): string {
  const list = `coalesce((SELECT list(t.value ORDER BY t.encoding, t.file_offset) FROM ${strings} t WHERE t.sample_id = c.sample_id), [])`;
  const fields = CLASSIC_FIELDS.map((field) => (field === 'static_strings' ? `${list} AS static_strings` : field));
  return `SELECT sample_id, ${fields.join(', ')} FROM (SELECT sample_id, ${classicColumns()} FROM ${samples}) c`;
}

function pick(struct: string, fields: readonly string[]): string {
  return `CASE WHEN ${struct} IS NOT NULL THEN {${fields.map((field) => `${field}: ${struct}.${field}`).join(', ')}} END`;
}

/** Name attributes by short name, each with its values in order. */
function names(parts: string): string {
  return `map_from_entries(list_transform(list_filter(${parts}, lambda p, i: list_position(list_transform(${parts}, lambda q: q.name), p.name) = i),
    lambda p: {k: p.name, v: list_transform(list_filter(${parts}, lambda q: q.name = p.name), lambda q: q.value)}))`;
}
