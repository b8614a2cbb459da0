"""The metadata of .NET files as yara-x's module `dotnet` reads it."""
import hashlib
import struct

import yara_x

LISTS = "streams guids assembly_refs module_refs resources constants field_offsets".split()
VERSION = "major minor build_number revision_number".split()


def clr(opened):
    found = yara_x.Module("dotnet").invoke(opened.data)
    if not found or not found.get("is_dotnet"):
        return {"clr": False}
    streams = [(s.get("name", ""), s["offset"], s["size"]) for s in found.get("streams", [])]
    assembly = found.get("assembly")
    values = {
        "clr": True,
        "clr.metadata_version": found.get("version"),
        "clr.streams": streams,
        "clr.module_name": found.get("module_name"),
        "clr.mvid": next(iter(found.get("guids", [])), None),
        "clr.guids": found.get("guids", []),
        "clr.typelib": found.get("typelib"),
        "clr.assembly": assembly and (assembly.get("name"), version(assembly), assembly.get("culture")),
        "clr.assembly_refs": [
            (ref.get("name"), version(ref), token(ref.get("public_key_or_token")))
            for ref in found.get("assembly_refs", [])
        ],
        "clr.module_refs": found.get("modulerefs", []),
        "clr.resources": [(r.get("name"), r.get("offset"), r.get("length")) for r in found.get("resources", [])],
        "clr.constants": [utf16(constant) for constant in found.get("constants", [])],
        "clr.field_offsets": found.get("field_offsets", []),
        "clr.user_string_count": found.get("number_of_user_strings", 0),
    }
    return values, {}, {"clr_rows": max(rows(opened.data, streams), default=0)}


def version(row):
    return ".".join(str(row["version"].get(part, 0)) for part in VERSION)


def token(key):
    """A public key as its token: the last 8 bytes of its SHA-1, in reverse."""
    if key is None or len(key) <= 8:
        return key and key.hex()
    return hashlib.sha1(key).digest()[:-9:-1].hex()


def utf16(raw):
    return raw.decode("utf-16le", "surrogatepass").encode("utf-8", "backslashreplace").decode()


def rows(data, streams):
    """The rows that each metadata table declares (ECMA-335 II.24.2.6)."""
    at = next((offset for name, offset, _ in streams if name in ("#~", "#-")), None)
    if at is None or at + 24 > len(data):
        return []
    count = struct.unpack_from("<Q", data, at + 8)[0].bit_count()
    return [row[0] for row in struct.iter_unpack("<I", data[at + 24 : at + 24 + 4 * count])]
