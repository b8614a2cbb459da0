// The view `merc_classic`: the one table of the first system, with its 19 fields in its shapes.
//
// `static_strings` is null where no strings were stored, and empty where a sample has none.

import { CLASSIC_FIELDS } from '../../sql/classic.ts';

const EXPRESSIONS: Readonly<Record<string, string>> = {
  imports: `coalesce((SELECT jsonb_agg(i.function -> 'name' ORDER BY d.place, i.place)
    FROM jsonb_array_elements(f.imports) WITH ORDINALITY d(dll, place), jsonb_array_elements(d.dll -> 'functions') WITH ORDINALITY i(function, place)
    WHERE NOT (d.dll -> 'delayed')::boolean AND i.function ->> 'name' IS NOT NULL), '[]')`,
  exports: `coalesce((SELECT jsonb_agg(e.export -> 'name' ORDER BY e.place)
    FROM jsonb_array_elements(f.exports) WITH ORDINALITY e(export, place) WHERE e.export ->> 'name' IS NOT NULL), '[]')`,
  headers: picked('headers', ['number_of_sections']),
  headers_optional: picked('headers_optional', [
    ...['size_of_code', 'size_of_image', 'size_of_stack_reserve', 'size_of_stack_commit', 'size_of_heap_reserve', 'size_of_heap_commit'],
  ]),
  certificates: `coalesce((SELECT jsonb_agg(jsonb_build_object('subject', merc_classic_name(c.certificate -> 'subject_parts'), 'issuer', merc_classic_name(c.certificate -> 'issuer_parts'),
    'not_before', c.certificate -> 'not_before', 'not_after', c.certificate -> 'not_after', 'pub_key', c.certificate -> 'public_key', 'cert', c.certificate -> 'certificate',
    'fingerprint', c.certificate -> 'fingerprint', 'serial', CASE WHEN c.certificate ->> 'serial' ~ '^-?[0-9]+$' THEN (c.certificate ->> 'serial')::numeric END) ORDER BY c.place)
    FROM jsonb_array_elements(f.certificates) WITH ORDINALITY c(certificate, place) WHERE c.certificate ->> 'source' = 'signature'), '[]')`,
  // Of a repeated name jsonb keeps the last one given.
  sections: `coalesce((SELECT jsonb_object_agg(s.section ->> 'name', jsonb_build_object('size_of_raw_data', s.section -> 'raw_size', 'misc_virtual_size', s.section -> 'virtual_size',
    'contains_code', s.section -> 'contains_code', 'executable', s.section -> 'executable', 'writable', s.section -> 'writable') ORDER BY s.place)
    FROM jsonb_array_elements(f.sections) WITH ORDINALITY s(section, place)), '{}')`,
  static_strings: `(SELECT CASE WHEN h.strings IS NOT NULL THEN coalesce((SELECT array_agg(v.value ORDER BY t.piece, v.place)
    FROM merc_strings t, unnest(t.texts) WITH ORDINALITY v(value, place) WHERE t.run_id = f.run_id AND t.sample_id = f.sample_id), '{}') END
    FROM merc_shards h WHERE h.run_id = f.run_id AND h.shard = f.shard)`,
};

export function classicView(): readonly string[] {
  const fields = CLASSIC_FIELDS.map((field) => (EXPRESSIONS[field] === undefined ? `f.${field}` : `${EXPRESSIONS[field]} AS ${field}`));
  return [
    // An attribute that repeats is a list, any other a text.
    `CREATE FUNCTION merc_classic_name(parts jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
      SELECT coalesce(jsonb_object_agg(name, CASE WHEN number = 1 THEN list -> 0 ELSE list END), '{}')
      FROM (SELECT part ->> 'name' AS name, count(*) AS number, jsonb_agg(part -> 'value' ORDER BY place) AS list
        FROM jsonb_array_elements(parts) WITH ORDINALITY p(part, place) GROUP BY 1) names $$`,
    `CREATE VIEW merc_classic AS SELECT f.run_id, f.sample_id, ${fields.join(', ')} FROM merc_files f`,
  ];
}

function picked(column: string, fields: readonly string[]): string {
  return `CASE WHEN f.${column} IS NOT NULL THEN jsonb_build_object(${fields.map((field) => `'${field}', f.${column} -> '${field}'`).join(', ')}) END`;
}
