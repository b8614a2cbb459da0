"""What single resources say: version information by LIEF and yara-x, the manifest by ElementTree, the main icon.

Manifest and icon are picked by the definitions out of the tree that pefile walks.
"""
import hashlib
import struct
from datetime import datetime, timedelta
from xml.etree import ElementTree

import resources

RT_ICON, RT_GROUP_ICON, RT_VERSION, RT_MANIFEST = 3, 14, 16, 24
GROUP_HEADER, GROUP_ENTRY = struct.Struct("<HHH"), struct.Struct("<BBBBHHIH")


def version_info(opened):
    binary = opened.lief
    found = list(binary.resources_manager.version) if binary.has_resources else []
    fixed = next((version.file_info for version in found if version.file_info is not None), None)
    strings = [
        (table.key, entry.key, entry.value)
        for version in found
        if version.string_file_info
        for table in version.string_file_info.children
        for entry in table.entries
    ]
    translations = [
        (value & 0xFFFF, value >> 16)
        for version in found
        if version.var_file_info
        for variable in version.var_file_info.vars
        for value in variable.values
    ]
    return {
        "version_info.strings": strings,
        "version_info.translations": translations,
        **{f"version_info.{name}": fixed and value(fixed) for name, value in FIXED.items()},
    }


FIXED = {
    "file_version": lambda f: dotted(f.file_version_ms, f.file_version_ls),
    "product_version": lambda f: dotted(f.product_version_ms, f.product_version_ls),
    "file_flags": lambda f: f.file_flags & f.file_flags_mask,
    "file_os": lambda f: f.file_os,
    "file_type": lambda f: f.file_type,
    "file_subtype": lambda f: f.file_subtype,
    "file_date": lambda f: filetime(f.file_date_ms << 32 | f.file_date_ls),
}


def dotted(high, low):
    return f"{high >> 16}.{high & 0xFFFF}.{low >> 16}.{low & 0xFFFF}"


def filetime(ticks):
    return datetime(1601, 1, 1) + timedelta(seconds=ticks // 10_000_000) if ticks else None


def version_pairs(opened):
    pairs = opened.yara.get("version_info_list", [])
    return {"version_info.pairs": [(pair.get("key", ""), pair.get("value", "")) for pair in pairs]}


def manifest(opened):
    names = ("manifest.requested_execution_level", "manifest.ui_access")
    tree = list(resources.leaves(opened.directory("RESOURCE")))
    entry = next((entry for path, entry in tree if path[0] == RT_MANIFEST and entry.Size), None)
    if entry is None:
        return dict.fromkeys(names)
    try:
        root = ElementTree.fromstring(opened.pe.get_data(entry.OffsetToData, entry.Size).strip(b"\0 \t\r\n"))
    except (ElementTree.ParseError, ValueError) as error:
        return {}, dict.fromkeys(names, f"ElementTree refuses the XML: {error}"), {}
    asked = next((e for e in root.iter() if e.tag.rpartition("}")[2] == "requestedExecutionLevel"), None)
    level, access = (None, None) if asked is None else (asked.get("level"), asked.get("uiAccess"))
    return dict(zip(names, (level, {"true": True, "false": False}.get((access or "").strip()))))


def icon(opened):
    """The largest image of the first icon group: most pixels, colours, bytes, then the first."""
    tree = list(resources.leaves(opened.directory("RESOURCE")))
    group = next(((path, entry) for path, entry in tree if path[0] == RT_GROUP_ICON), None)
    if group is None:
        return {"icon_hash": None}
    images = group_images(opened.pe.get_data(group[1].OffsetToData, group[1].Size))
    if not images:
        return {"icon_hash": None}
    number = max(images, key=lambda image: image[0])[1]
    same = [(path[2], entry) for path, entry in tree if path[:2] == (RT_ICON, number)]
    entry = next((entry for language, entry in same if language == group[0][2]), same[0][1] if same else None)
    data = entry and opened.pe.get_data(entry.OffsetToData, entry.Size)
    return {"icon_hash": hashlib.sha256(data).hexdigest() if data else None}


def group_images(data):
    """((pixels, colours, bytes), number) of every GRPICONDIRENTRY."""
    if len(data) < GROUP_HEADER.size:
        return []
    images = []
    for at in range(GROUP_HEADER.unpack_from(data)[2]):
        start = GROUP_HEADER.size + at * GROUP_ENTRY.size
        if start + GROUP_ENTRY.size > len(data):
            break
        width, height, _, _, _, bits, size, number = GROUP_ENTRY.unpack_from(data, start)
        images.append((((width or 256) * (height or 256), bits, size), number))
    return images
