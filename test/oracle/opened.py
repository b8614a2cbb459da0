"""One file as each tool opens it, at most once, and what guards the comparison from a tool that fails.

A tool that raises is no reason to skip a field in silence: every area has a field `<area>: tool` that
is compared like any other, and holds the tool's own words where it failed.
"""
from functools import cached_property

import lief
import pefile
import yara_x

import tables

RAN = "ran"


class Refused(Exception):
    """A tool opens a file that pefile takes for a PE as nothing at all."""


class Opened:
    """A file of which pefile says that it is a PE."""

    def __init__(self, data):
        self.data = data
        self.pe = tables.open_pe(data)

    def directory(self, name):
        """pefile's entry of a data directory, or None; parsed on demand."""
        self.pe.parse_data_directories([pefile.DIRECTORY_ENTRY[f"IMAGE_DIRECTORY_ENTRY_{name}"]])
        return getattr(self.pe, f"DIRECTORY_ENTRY_{name}", None)

    @cached_property
    def lief(self):
        config = lief.PE.ParserConfig()
        config.parse_imports = config.parse_exports = config.parse_arm64x_binary = False
        config.parse_exceptions = True
        lief.logging.disable()
        binary = lief.PE.parse(self.data, config)
        if binary is None:
            raise Refused("LIEF takes it for no PE")
        return binary

    @cached_property
    def yara(self):
        return yara_x.Module("pe").invoke(self.data)


def guarded(areas, opened):
    """The values of every area, those that failed named instead; and facts that the rules need."""
    values, skipped, facts = {}, {}, {}
    for name, area in areas.items():
        try:
            found = area(opened)
            ran = RAN
        except Exception as error:  # whatever the tool raises is its answer
            found, ran = {}, f"{type(error).__name__}: {error}"
        found, missing, known = found if isinstance(found, tuple) else (found, {}, {})
        values |= found | {f"{name}: tool": ran}
        skipped |= missing
        facts |= known
    return values, skipped, facts


def text(value):
    """A name of LIEF's: bytes where it is not UTF-8."""
    return value if value is None or isinstance(value, str) else tables.text(bytes(value))
