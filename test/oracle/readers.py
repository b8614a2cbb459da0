#!/usr/bin/env python3
"""Open merc's output with pandas, polars and the stock DuckDB: right types, equal row counts.

  readers.py OUT

Exit 0 with one line a reader; 1 with one line that names reader, table, column, and both types.
"""
import glob
import os
import sys

import duckdb
import pandas
import polars
import pyarrow

SAMPLES = {
    "sample_id": "int32",
    "file_name": "string",
    "path": "string",
    "file_size": "int64",
    "md5": "string",
    "sha1": "string",
    "sha256": "string",
    "entropy": "double",
    "byte_histogram": "list<int64>",
    "magic": "string",
    "status": "string",
    "problems": "list<struct>",
    "limits_hit": "list<string>",
    "dos_header": "struct",
    "headers": "struct",
    "headers_optional": "struct",
    "data_directories": "list<struct>",
    "is_64bit": "bool",
    "is_dll": "bool",
    "coff_timestamp": "timestamp",
    "sections": "list<struct>",
    "imports": "list<struct>",
    "exports": "list<struct>",
    "certificates": "list<struct>",
    "string_count_ascii": "int64",
    "id": "int64",
    "list": "string",
    "label": "bool",
    "positives": "int",
    "total": "int",
    "submitted": "string",
    "submitted_at": "timestamp",
    "dataset_match": "string",
}
STRINGS = {"sample_id": "int32", "file_offset": "int64", "encoding": "string", "value": "string"}


def main():
    if len(sys.argv) != 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    out, counts = sys.argv[1], {}
    for name, reader in READERS.items():
        for table, wanted in (("samples", SAMPLES), ("strings", STRINGS)):
            parts = sorted(glob.glob(os.path.join(glob.escape(out), table, "*.parquet")))
            if not parts:
                return failed(f"{out}: no {table}/*.parquet")
            try:
                found, rows = reader(parts)
            except Exception as error:
                return failed(f"{name} cannot open {table}: {str(error).splitlines()[0]}")
            for column, kind in wanted.items():
                if not is_kind(found.get(column, "absent"), kind):
                    return failed(f"{name}: {table}.{column} is {found.get(column, 'absent')}, wanted {kind}")
            if counts.setdefault(table, rows) != rows:
                return failed(f"{name} reads {rows} rows of {table}, the reader before it {counts[table]}")
        print(f"{name}: {counts['samples']} samples, {counts['strings']} strings, types as documented")
    return views(out)


def views(out):
    """Runs views.sql in the output folder, as `duckdb -init views.sql` does, and reads every view."""
    os.chdir(out)
    con = duckdb.connect()
    with open("views.sql", encoding="utf-8") as text:
        con.execute(text.read())
    names = [row[0] for row in con.sql("SELECT view_name FROM duckdb_views() WHERE NOT internal ORDER BY 1").fetchall()]
    for name in names:
        try:
            con.execute(f"SELECT * FROM {name} WHERE sample_id = 1" if name != "dataset_unmatched" else f"FROM {name}")
            con.fetchall()
        except Exception as error:
            return failed(f"views.sql: {name}: {str(error).splitlines()[0]}")
    print(f"duckdb {duckdb.__version__}: views {', '.join(names)}")
    return 0


def failed(line):
    print(f"readers: {line}", file=sys.stderr)
    return 1


def is_kind(found, kind):
    return found in ("int32", "int64") if kind == "int" else found == kind


def duckdb_reader(parts):
    rows = duckdb.read_parquet(parts)
    return {c: duckdb_kind(t) for c, t in zip(rows.columns, rows.types)}, rows.count("*").fetchall()[0][0]


def duckdb_kind(type_):
    if type_.id == "list":
        return f"list<{duckdb_kind(type_.children[0][1])}>"
    names = {"integer": "int32", "bigint": "int64", "varchar": "string", "boolean": "bool"}
    return names.get(type_.id, type_.id)


def polars_reader(parts):
    frame = polars.scan_parquet(parts)
    return {c: polars_kind(t) for c, t in frame.collect_schema().items()}, frame.select(polars.len()).collect().item()


def polars_kind(type_):
    if isinstance(type_, polars.List):
        return f"list<{polars_kind(type_.inner)}>"
    if isinstance(type_, polars.Datetime):
        return "timestamp" if type_.time_zone is None else "timestamptz"
    names = {"Float64": "double", "Boolean": "bool", "Categorical": "string"}
    name = str(type_).split("(")[0]
    return names.get(name, name.lower())


def pandas_reader(parts):
    # pandas flattens a nested value to a Python object: its Arrow-backed types keep what the file says.
    # Part by part: the strings of a data set do not fit the memory at once.
    rows, kinds = 0, {}
    for part in parts:
        frame = pandas.read_parquet(part, dtype_backend="pyarrow")
        rows += len(frame)
        kinds = {column: arrow_kind(frame.dtypes[column].pyarrow_dtype) for column in frame.columns}
    return kinds, rows


def arrow_kind(type_):
    types = pyarrow.types
    if types.is_list(type_) or types.is_large_list(type_):
        return f"list<{arrow_kind(type_.value_type)}>"
    if types.is_dictionary(type_):
        return arrow_kind(type_.value_type)
    if types.is_struct(type_):
        return "struct"
    if types.is_timestamp(type_):
        return "timestamp" if type_.tz is None else "timestamptz"
    return {"large_string": "string"}.get(str(type_), str(type_))


READERS = {"duckdb": duckdb_reader, "polars": polars_reader, "pandas": pandas_reader}


if __name__ == "__main__":
    sys.exit(main())
