"""DOS, COFF and optional header, data directories and section table, as pefile reads them."""
import re
import struct
from datetime import datetime, timedelta

import pefile

SECTION_FIELDS = {
    "VirtualAddress": "virtual_address",
    "Misc_VirtualSize": "virtual_size",
    "PointerToRawData": "raw_offset",
    "SizeOfRawData": "raw_size",
    "PointerToRelocations": "pointer_to_relocations",
    "PointerToLinenumbers": "pointer_to_linenumbers",
    "NumberOfRelocations": "number_of_relocations",
    "NumberOfLinenumbers": "number_of_linenumbers",
    "Characteristics": "characteristics",
}
SECTION_FLAGS = {
    "contains_code": 0x20,
    "executable": 0x20000000,
    "readable": 0x40000000,
    "writable": 0x80000000,
}


def headers(pe):
    coff, optional = pe.FILE_HEADER, pe.OPTIONAL_HEADER
    return {
        **dos_header(pe.DOS_HEADER),
        **{f"headers.{name}": value for name, value in fields(coff)},
        "headers.characteristics_names": flag_names(coff.Characteristics, pefile.image_characteristics),
        **{f"headers_optional.{name}": value for name, value in fields(optional)},
        # Absent from PE32+, where the field belongs to ImageBase.
        "headers_optional.base_of_data": getattr(optional, "BaseOfData", None),
        "headers_optional.dll_characteristics_names": flag_names(
            optional.DllCharacteristics, pefile.dll_characteristics
        ),
        "is_64bit": pe.PE_TYPE == pefile.OPTIONAL_HEADER_MAGIC_PE_PLUS,
        "is_dll": bool(coff.Characteristics & 0x2000),
        "machine_name": pefile.MACHINE_TYPE.get(coff.Machine),
        "subsystem_name": pefile.SUBSYSTEM_TYPE.get(optional.Subsystem),
        "coff_timestamp": datetime(1970, 1, 1) + timedelta(seconds=coff.TimeDateStamp),
        # Entry 7 has its name of the Windows SDK; pefile calls it COPYRIGHT, as the SDK did for x86 once.
        "data_directories": [(d.name.replace("COPYRIGHT", "ARCHITECTURE"), d.VirtualAddress, d.Size) for d in optional.DATA_DIRECTORY],
    }


def sections(pe):
    # pefile sorts its sections by address; the table's own order is that of the file.
    table = sorted(pe.sections, key=lambda section: section.get_file_offset())
    raw = [bytes(pe.__data__[s.get_file_offset() : s.get_file_offset() + 8]) for s in table]
    columns = {
        "sections.name_raw": raw,
        "sections.name": [name.decode("utf-8", "ignore").replace("\0", "") for name in raw],
    }
    for field, name in SECTION_FIELDS.items():
        columns[f"sections.{name}"] = [getattr(section, field) for section in table]
    for name, flag in SECTION_FLAGS.items():
        columns[f"sections.{name}"] = [bool(section.Characteristics & flag) for section in table]
    return columns


def facts(pe):
    """What the rules need to know of the optional header: the file offset at which each field ends."""
    optional = pe.OPTIONAL_HEADER
    start = optional.get_file_offset()
    return {"optional_ends": {f"headers_optional.{snake(field)}": start + end for field, end in ends(optional)}}


def dos_header(header):
    values = {f"dos_header.{name}": value for name, value in fields(header)}
    for name in ("dos_header.e_res", "dos_header.e_res2"):
        values[name] = list(struct.unpack(f"<{len(values[name]) // 2}H", values[name]))
    return values


def fields(structure):
    for group in structure.__keys__:
        yield snake(group[0]), getattr(structure, group[0])


def ends(structure):
    names = [group[0] for group in structure.__keys__]
    starts = [structure.get_field_relative_offset(name) for name in names]
    return zip(names, [*starts[1:], structure.sizeof()])


def snake(name):
    """`SizeOfCode` as `size_of_code`; the DOS header's names stay as they are."""
    if name == "Reserved1":  # the name before Windows 95's SDK
        return "win32_version_value"
    return name if name.startswith("e_") else re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def flag_names(value, table):
    return sorted(name for name, flag in table if value & flag)
