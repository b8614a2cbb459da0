"""Import and export directories as pefile reads them, in the form in which merc's lists are compared.

pefile names imports by ordinal out of tables that drifted from the frozen ones, so an ordinal is
compared as `#ordinal` and a name only where the file itself imports by name.
"""
import re

import pefile

LIFTED_TO = 1 << 20
# pefile's module-level caps are lifted, the export counts by argument: merc has none as low. Its caps inside
# functions stay: a thunk array is given up after 15 repeated addresses, over a spread of 128 MB or with an
# ordinal above 65,535, an export table after 10 repeated pairs of name and address.
LIFTED = """MAX_STRING_LENGTH MAX_IMPORT_SYMBOLS MAX_IMPORT_NAME_LENGTH MAX_DLL_LENGTH
MAX_SYMBOL_NAME_LENGTH MAX_SECTIONS"""
DIRECTORIES = ("EXPORT", "IMPORT", "DELAY_IMPORT")


def open_pe(data):
    """pefile's view with the directories that are compared; raises PEFormatError on what is no PE."""
    for cap in LIFTED.split():
        setattr(pefile, cap, LIFTED_TO)
    pe = pefile.PE(data=data, fast_load=True, max_symbol_exports=LIFTED_TO, max_repeated_symbol=LIFTED_TO)
    pe.parse_data_directories([pefile.DIRECTORY_ENTRY[f"IMAGE_DIRECTORY_ENTRY_{name}"] for name in DIRECTORIES])
    return pe


def imports(pe):
    return {
        "imports": descriptors(getattr(pe, "DIRECTORY_ENTRY_IMPORT", [])),
        "delay_imports": descriptors(getattr(pe, "DIRECTORY_ENTRY_DELAY_IMPORT", [])),
    }


def exports(pe):
    symbols = getattr(getattr(pe, "DIRECTORY_ENTRY_EXPORT", None), "symbols", [])
    return {"exports": [(text(s.name), s.ordinal, s.address, text(s.forwarder)) for s in symbols]}


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
