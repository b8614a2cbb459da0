"""Base relocations as pefile counts them and the exception directory as LIEF does; LIEF on relocations too."""
import struct
from collections import Counter

import lief
import pefile

PE = lief.PE
# pefile makes an object of each entry: a larger directory takes it minutes.
PEFILE_BYTES = 1 << 20


def relocations(opened):
    names = ("relocations.blocks", "relocations.entries", "relocations.empty_blocks", "relocations.types")
    directories = opened.pe.OPTIONAL_HEADER.DATA_DIRECTORY
    size = directories[5].Size if len(directories) > 5 else 0
    if size > PEFILE_BYTES:
        return {}, dict.fromkeys(names, "a relocation directory too large for pefile, LIEF's counts alone"), {}
    blocks = opened.directory("BASERELOC")
    if blocks is None:
        return dict.fromkeys(names[:3]) | {names[3]: []}
    types = Counter(entry.type for block in blocks for entry in block.entries)
    empty = sum(not block.entries for block in blocks)
    return dict(zip(names, (len(blocks), types.total(), empty, sorted(types.items()))))


def blocks_of(opened):
    """The entries of every block as they stand in the file, for the rules."""
    data, at, found = directory_bytes(opened), 0, []
    while at + 8 <= len(data):
        size = struct.unpack_from("<I", data, at + 4)[0]
        if size < 8:
            break
        block = data[at + 8 : at + size]
        found.append([word for (word,) in struct.iter_unpack("<H", block[: len(block) & ~1])])
        at += size
    return found


def directory_bytes(opened):
    """What the file holds of the directory."""
    directories = opened.pe.OPTIONAL_HEADER.DATA_DIRECTORY
    if len(directories) <= 5 or not directories[5].Size:
        return b""
    try:
        return opened.pe.get_data(directories[5].VirtualAddress, directories[5].Size)
    except pefile.PEFormatError:  # the address is in no section
        return b""


def counted(blocks):
    """The columns that a list of such blocks has."""
    types = Counter(word >> 12 for block in blocks for word in block)
    return {
        "relocations.blocks": len(blocks),
        "relocations.entries": types.total(),
        "relocations.empty_blocks": sum(not block for block in blocks),
        "relocations.types": sorted(types.items()),
    }


def relocations_by_lief(opened):
    """LIEF has no word for a directory that is not there, or not in the file."""
    sizes = [len(block.entries) for block in opened.lief.relocations]
    present = bool(sizes) or len(directory_bytes(opened)) >= 8
    return {
        "relocations.blocks by LIEF": len(sizes) if present else None,
        "relocations.entries by LIEF": sum(sizes) if present else None,
    }


def exceptions(opened):
    functions = list(opened.lief.exceptions)
    counts, versions = Counter(), Counter()
    for function in functions:
        if isinstance(function, PE.RuntimeFunctionX64):
            x64(function.unwind_info, counts, versions)
        elif isinstance(function, PE.unwind_aarch64.UnpackedFunction):
            arm64(function, counts, versions)
        else:
            counts["packed"] += 1
    return {
        "exceptions.entries": len(functions),
        "exceptions.unwind_versions": sorted(versions.items()),
        **{f"exceptions.{name}": counts[name] for name in COUNTS},
    }


COUNTS = """packed unwind_records unwind_unreadable exception_handlers termination_handlers chained
unwind_code_bytes""".split()


def x64(info, counts, versions):
    if info is None:
        counts["unwind_unreadable"] += 1
        return
    flags = info.flags
    versions[info.version] += 1
    counts["unwind_records"] += 1
    counts["unwind_code_bytes"] += 2 * info.count_opcodes
    for bit, name in enumerate(("exception_handlers", "termination_handlers", "chained")):
        counts[name] += flags >> bit & 1


def arm64(function, counts, versions):
    versions[function.version] += 1
    counts["unwind_records"] += 1
    counts["unwind_code_bytes"] += len(function.unwind_code)
    counts["exception_handlers"] += bool(function.X)
