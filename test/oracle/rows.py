"""merc's output as the comparison wants it: one flat dict of field -> value for each sample.

Reads OUT/samples/*.parquet and OUT/strings/*.parquet with the stock DuckDB and changes shapes only:
lists of structs become lists by column, an absent list is an empty one (pefile cannot tell them apart).
"""
import os

import duckdb

from load_config import TABLES

SCALARS = """path status problems limits_hit file_size md5 sha1 sha256 entropy byte_histogram magic is_64bit is_dll
machine_name subsystem_name coff_timestamp string_count_ascii string_count_wide string_bytes
rich_hash exphash imphash icon_hash pdb_path pdb_guid pdb_age
authentihash_sha256 authentihash_sha1 authentihash_md5""".split()
STRUCTS = """dos_header headers headers_optional rich overlay checksum entry_point version_info manifest tls load_config
relocations exceptions clr""".split()
LISTS = """data_directories sections imports exports bound_imports certificates win_certificates resources debug
signatures""".split()
# Structs within rows, by the fields that are compared.
DEBUG_DATA = {
    "codeview": ("signature", "guid", "age", "path"),
    "vc_feature": ("pre_vcpp", "c_and_cpp", "guard_stack", "sdl", "guard_cf"),
    "pdb_checksum": ("algorithm", "value"),
}
CLR_LISTS = {
    "streams": ("name", "file_offset", "size"),
    "assembly_refs": ("name", "version", "public_key_token"),
    "resources": ("name", "file_offset", "size"),
}

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
    for name in ("resources", "win_certificates", "signatures"):
        values.update(by_column(listed(row, name), name))
    # The tools list the certificates of the table alone, not those of nested signatures and timestamps.
    own = [entry for entry in listed(row, "certificates") if entry["source"] == "signature"]
    values.update(by_column(own, "certificates"))
    values["sections.entropy"] = [e and round(e, 9) for e in values.get("sections.entropy", [])]
    rich = row["rich"] or {"entries": []}
    values["rich.entries"] = [(e["product_id"] << 16 | e["build"], e["count"]) for e in rich["entries"] or []]
    values["imports"] = [descriptor(i) for i in listed(row, "imports") if not i["delayed"]]
    values["delay_imports"] = [descriptor(i) for i in listed(row, "imports") if i["delayed"]]
    values["exports"] = tuples(row, "exports", ("name", "ordinal", "rva", "forwarder"))
    values["bound_imports"] = [
        (i["dll"], i["timestamp"], [(f["dll"], f["timestamp"]) for f in i["forwarders"]])
        for i in listed(row, "bound_imports")
    ]
    values["certificates.sources"] = sorted((c["source"], c["fingerprint"]) for c in listed(row, "certificates"))
    values["signatures.verified"] = sorted(verified(s) for s in listed(row, "signatures"))
    values["clr"] = row["clr"] is not None
    return values | directories(row) | load_config(row["load_config"]) | clr(row["clr"])


def verified(signature):
    """Digest, whether file, content and key agree, and the same of the countersignature where there is one."""
    agree = all(signature[name] for name in ("digest_matches", "content_digest_matches", "signature_verifies"))
    stamps = [signature["countersignature_verifies"]] if signature["countersignature"] else []
    return signature["digest"], agree, stamps


def directories(row):
    version, tls = row["version_info"] or {"strings": [], "translations": []}, row["tls"] or {"callbacks": []}
    relocations, exceptions = row["relocations"] or {"types": []}, row["exceptions"]
    unwound = (exceptions or {}).get("unwind_versions", [])
    debug = by_column(listed(row, "debug"), "debug")
    for name, fields in DEBUG_DATA.items():
        debug[f"debug.{name}"] = [each and of(each, fields) for each in debug.get(f"debug.{name}", [])]
    pogo = debug.get("debug.pogo", [])
    debug["debug.pogo"] = [p and (p["signature"], [of(e, ("rva", "size", "name")) for e in p["entries"]]) for p in pogo]
    return debug | {
        "version_info.strings": [of(each, ("block", "name", "value")) for each in version["strings"]],
        "version_info.pairs": [of(each, ("name", "value")) for each in version["strings"]],
        "version_info.translations": [of(each, ("language", "codepage")) for each in version["translations"]],
        "tls.callbacks": [each["address"] for each in tls["callbacks"]],
        "relocations.types": [of(each, ("relocation_type", "count")) for each in relocations["types"]],
        # LIEF has no word for a directory that is not there.
        **{f"exceptions.{name}": count or 0 for name, count in (exceptions or dict.fromkeys(EXCEPTIONS)).items()},
        "exceptions.unwind_versions": [of(each, ("version", "count")) for each in unwound],
    }


EXCEPTIONS = """entries packed unwind_records unwind_unreadable exception_handlers termination_handlers chained
unwind_code_bytes""".split()


def load_config(config):
    tables = {table["name"]: table["present"] for table in (config or {}).get("tables") or []}
    dynamic = (config or {}).get("dynamic_relocations") or {"symbols": []}
    return {
        **{f"load_config.tables.{name}": tables.get(name, 0) for name in TABLES},
        "load_config.guard_flags_names": sorted((config or {}).get("guard_flags_names") or []),
        "load_config.dynamic_relocations": [(dynamic["version"], symbol) for symbol in dynamic["symbols"]],
    }


def clr(found):
    found = found or {}
    values = {f"clr.{name}": [of(each, fields) for each in found.get(name) or []] for name, fields in CLR_LISTS.items()}
    for name in ("guids", "module_refs", "constants", "field_offsets"):
        values[f"clr.{name}"] = found.get(name) or []
    assembly = found.get("assembly")
    return values | {"clr.assembly": assembly and of(assembly, ("name", "version", "culture"))}


def listed(row, name):
    return row[name] or []


def tuples(row, name, fields):
    return [of(entry, fields) for entry in listed(row, name)]


def of(entry, fields):
    return tuple(entry[field] for field in fields)


def by_column(entries, name):
    names = entries[0] if entries else ()
    return {f"{name}.{field}": [entry[field] for entry in entries] for field in names}


def descriptor(entry):
    return (entry["dll"], [function(**each) for each in entry["functions"] or []])


def function(name, ordinal, hint):
    return (name, hint) if ordinal is None else (f"#{ordinal}", None)
