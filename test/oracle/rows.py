"""merc's output as the comparison wants it: one flat dict of field -> value for each sample.

Reads OUT/samples/*.parquet and OUT/strings/*.parquet with the stock DuckDB and changes shapes only:
lists of structs become lists by column, an absent list is an empty one (pefile cannot tell them apart).
"""
import os

import duckdb

SCALARS = """path status problems limits_hit file_size md5 sha1 sha256 entropy byte_histogram magic is_64bit is_dll
machine_name subsystem_name coff_timestamp string_count_ascii string_count_wide string_bytes
rich_hash exphash imphash""".split()
PIVOTS = "rich overlay checksum entry_point".split()
STRUCTS = ["dos_header", "headers", "headers_optional", *PIVOTS]
LISTS = "data_directories sections imports exports certificates resources".split()

STRINGS = """
SELECT sample_id,
  count(*) FILTER (encoding = 'ascii'), count(*) FILTER (encoding = 'utf16le'),
  sha256(string_agg(value, chr(10) ORDER BY encoding = 'ascii' DESC, file_offset)),
  sha256(string_agg(file_offset::VARCHAR, chr(10) ORDER BY encoding = 'ascii' DESC, file_offset))
FROM read_parquet(?) WHERE sample_id BETWEEN ? AND ? GROUP BY sample_id"""
NO_STRINGS = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # SHA-256 of nothing
STRING_FIELDS = "strings.count_ascii strings.count_wide strings.text_sha256 strings.offsets_sha256".split()


def connect():
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    return connection


def parts(out, table):
    return os.path.join(out, table, "*.parquet")


def index(out):
    """(sample_id, path, file_size) of every row, and the columns there are."""
    connection = connect()
    samples = [parts(out, "samples")]
    columns = {row[0] for row in connection.execute("DESCRIBE FROM read_parquet(?)", samples).fetchall()}
    missing = [name for name in ["sample_id", *SCALARS, *STRUCTS, *LISTS] if name not in columns]
    if missing:
        raise ValueError(f"{out}: samples has no column {', '.join(missing)}")
    query = "SELECT sample_id, path, file_size FROM read_parquet(?) ORDER BY sample_id"
    return connection.execute(query, samples).fetchall()


def has_delay_imports(out):
    query = "SELECT count(*) FROM (SELECT unnest(imports) AS i FROM read_parquet(?)) WHERE i.delayed"
    return connect().execute(query, [parts(out, "samples")]).fetchone()[0] > 0


def read(connection, out, first, last):
    """The flat dicts of the samples from `first` to `last`, by sample_id."""
    columns = ", ".join(["sample_id", *SCALARS, *STRUCTS, *LISTS])
    between = "WHERE sample_id BETWEEN ? AND ?"
    connection.execute(f"SELECT {columns} FROM read_parquet(?) {between}", [parts(out, "samples"), first, last])
    names = [column[0] for column in connection.description]
    samples = {row[0]: flat(dict(zip(names, row))) for row in connection.fetchall()}
    for values in samples.values():
        values.update(zip(STRING_FIELDS, (0, 0, NO_STRINGS, NO_STRINGS)))
    for sample, *digests in connection.execute(STRINGS, [parts(out, "strings"), first, last]).fetchall():
        if sample in samples:
            samples[sample].update(zip(STRING_FIELDS, digests))
    return samples


def flat(row):
    values = {name: row[name] for name in SCALARS}
    values["is_pe"] = row["headers"] is not None
    for name in STRUCTS:
        values.update({f"{name}.{field}": value for field, value in (row[name] or {}).items()})
    for name in ("headers.characteristics_names", "headers_optional.dll_characteristics_names"):
        values[name] = sorted(values.get(name) or [])
    values["data_directories"] = tuples(row, "data_directories", ("name", "virtual_address", "size"))
    values.update(by_column(listed(row, "sections"), "sections"))
    values.update(by_column(listed(row, "resources"), "resources"))
    # The tools list the certificates of the table alone, not those of nested signatures and timestamps.
    own = [entry for entry in listed(row, "certificates") if entry["source"] == "signature"]
    values.update(by_column(own, "certificates"))
    values["sections.entropy"] = [e and round(e, 9) for e in values.get("sections.entropy", [])]
    rich = row["rich"] or {"entries": []}
    values["rich.entries"] = [(e["product_id"] << 16 | e["build"], e["count"]) for e in rich["entries"] or []]
    values["imports"] = [descriptor(i) for i in listed(row, "imports") if not i["delayed"]]
    values["delay_imports"] = [descriptor(i) for i in listed(row, "imports") if i["delayed"]]
    values["exports"] = tuples(row, "exports", ("name", "ordinal", "rva", "forwarder"))
    return values


def listed(row, name):
    return row[name] or []


def tuples(row, name, fields):
    return [tuple(entry[field] for field in fields) for entry in listed(row, name)]


def by_column(entries, name):
    names = entries[0] if entries else ()
    return {f"{name}.{field}": [entry[field] for entry in entries] for field in names}


def descriptor(entry):
    return (entry["dll"], [function(**each) for each in entry["functions"] or []])


def function(name, ordinal, hint):
    return (name, hint) if ordinal is None else (f"#{ordinal}", None)
