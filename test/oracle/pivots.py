"""Section data, overlay, Rich data, entry point and checksum: pefile's windows, digests from hashlib;
imphash is yara-x's.

The checksum is written from Microsoft's definition, as pefile's goes wrong where the field is not aligned.
"""
import hashlib
import struct

import yara_x

import content


IMPHASH = yara_x.compile(
    'import "pe" import "console" rule imphash { condition: pe.is_pe and console.log("", pe.imphash()) }'
)
NO_IMPORTS = hashlib.md5(b"").hexdigest()


def pivots(pe, data):
    rich = pe.parse_rich_header()
    overlay = pe.get_overlay_data_start_offset()
    table = sorted(pe.sections, key=lambda section: section.get_file_offset())
    windows = [bytes(section.get_data()) for section in table]
    return {
        "sections.md5": [hashlib.md5(window).hexdigest() for window in windows],
        "sections.sha256": [hashlib.sha256(window).hexdigest() for window in windows],
        "sections.entropy": [round(content.statistics(w)["entropy"], 9) for w in windows],
        "overlay.file_offset": overlay,
        "overlay.size": None if overlay is None else len(data) - overlay,
        "rich_hash": rich and hashlib.md5(rich["clear_data"]).hexdigest(),
        "rich.entries": list(zip(rich["values"][::2], rich["values"][1::2])) if rich else [],
        **entry_point(pe),
        "exphash": (pe.get_exphash() or None) if hasattr(pe, "DIRECTORY_ENTRY_EXPORT") else None,
        "checksum.computed": checksum(data, pe.OPTIONAL_HEADER.get_file_offset() + 64),
    }


def imphash(data):
    """yara-x's; of a file without imports it has the MD5 of nothing, which is no hash of imports."""
    lines = []
    scanner = yara_x.Scanner(IMPHASH)
    scanner.console_log(lines.append)
    scanner.scan(data)
    return {"imphash": None if not lines or lines[0] == NO_IMPORTS else lines[0]}


def entry_point(pe):
    rva = pe.OPTIONAL_HEADER.AddressOfEntryPoint
    if not rva:
        return {"entry_point.rva": None, "entry_point.file_offset": None}
    return {"entry_point.rva": rva, "entry_point.file_offset": pe.get_offset_from_rva(rva)}


def checksum(data, field):
    """The sum of all 16-bit words with the field as 0, folded, plus the length; an odd last byte counts."""
    blank = bytearray(data)
    blank[field : field + 4] = bytes(len(blank[field : field + 4]))
    blank += bytes(len(blank) % 2)
    total = sum(struct.unpack(f"<{len(blank) // 2}H", blank))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total + len(data)
