"""Import and export directories as pefile reads them, in the form in which merc's lists are compared.

pefile names imports by ordinal out of tables that drifted from the frozen ones, so an ordinal is
compared as `#ordinal` and a name only where the file itself imports by name.
"""
import re
from datetime import datetime, timedelta

import pefile

LIFTED_TO = 1 << 20
# pefile's module-level caps are lifted, the export counts by argument: merc has none as low. Its caps inside
# functions stay: a thunk array is given up after 15 repeated addresses, over a spread of 128 MB or with an
# ordinal above 65,535, an export table after 10 repeated pairs of name and address.
LIFTED = """MAX_STRING_LENGTH MAX_IMPORT_SYMBOLS MAX_IMPORT_NAME_LENGTH MAX_DLL_LENGTH
MAX_SYMBOL_NAME_LENGTH MAX_SECTIONS"""


def open_pe(data):
    """pefile's view of the headers; raises PEFormatError on what is no PE."""
    for cap in LIFTED.split():
        setattr(pefile, cap, LIFTED_TO)
    return pefile.PE(data=data, fast_load=True, max_symbol_exports=LIFTED_TO, max_repeated_symbol=LIFTED_TO)


def imports(opened):
    return {
        "imports": descriptors(opened.directory("IMPORT") or []),
        "delay_imports": descriptors(opened.directory("DELAY_IMPORT") or []),
    }


def exports(opened):
    symbols = getattr(opened.directory("EXPORT"), "symbols", [])
    return {"exports": [(text(s.name), s.ordinal, s.address, text(s.forwarder)) for s in symbols]}


def bound_imports(opened):
    found = opened.directory("BOUND_IMPORT") or []
    return {
        "bound_imports": [
            (text(e.name), when(e.struct), [(text(f.name), when(f.struct)) for f in e.entries]) for e in found
        ]
    }


def when(entry):
    return datetime(1970, 1, 1) + timedelta(seconds=entry.TimeDateStamp)


def descriptors(entries):
    return [(text(entry.dll), [function(symbol) for symbol in entry.imports]) for entry in entries]


def function(symbol):
    if symbol.import_by_ordinal:
        return (f"#{symbol.ordinal}", None)
    return (text(symbol.name), symbol.hint)


def text(raw):
    """Bytes as merc writes them: UTF-8 where it is, every other byte as \\xNN."""
    return None if raw is None else raw.decode("utf-8", "backslashreplace")


def raw(value):
    """The bytes behind such a text."""
    plain = value.encode("utf-8", "surrogateescape")
    return re.sub(rb"\\x([0-9a-f]{2})", lambda match: bytes([int(match[1], 16)]), plain)


def as_pefile_lists(entries):
    """merc's descriptors after pefile's own filters: names it takes for invalid, and what is then empty."""
    kept = []
    for dll, functions in entries:
        valid = [entry for entry in functions if is_kept(*entry)]
        name = dll if pefile.is_valid_dos_filename(raw(dll)) else "*invalid*"
        if valid and name:
            kept.append((name, valid))
    return kept


def is_kept(name, hint):
    by_ordinal = hint is None and name.startswith("#")
    return name != "#0" if by_ordinal else bool(name) and pefile.is_valid_function_name(raw(name))


def is_odd_export(name):
    return name is not None and not pefile.is_valid_function_name(raw(name), relax_allowed_characters=True)
