"""The leaves of the resource tree as pefile walks them, with the digest of each leaf's bytes."""
import hashlib

import pefile

TYPES = {number: name for name, number in pefile.resource_type if isinstance(number, int)}


def resources(pe):
    pe.parse_data_directories([pefile.DIRECTORY_ENTRY["IMAGE_DIRECTORY_ENTRY_RESOURCE"]])
    found = list(leaves(getattr(pe, "DIRECTORY_ENTRY_RESOURCE", None)))
    entries = [entry for _, entry in found]
    data = [pe.get_data(entry.OffsetToData, entry.Size) for entry in entries]
    return {
        "resources.type": [TYPES.get(path[0], str(path[0])) for path, _ in found],
        "resources.name": [str(path[1]) for path, _ in found],
        "resources.language": [path[2] for path, _ in found],
        "resources.codepage": [entry.CodePage for entry in entries],
        "resources.rva": [entry.OffsetToData for entry in entries],
        "resources.size": [entry.Size for entry in entries],
        "resources.file_offset": [pe.get_offset_from_rva(entry.OffsetToData) for entry in entries],
        "resources.sha256": [hashlib.sha256(each).hexdigest() for each in data],
    }


def leaves(root):
    """(path, IMAGE_RESOURCE_DATA_ENTRY) of every leaf, in the tree's order."""
    stack = [((), root)] if root else []
    while stack:
        path, node = stack.pop()
        if not hasattr(node, "entries"):
            yield path, node.data.struct
            continue
        for entry in reversed(node.entries):
            key = entry.id if entry.name is None else str(entry.name)
            stack.append(((*path, key), getattr(entry, "directory", entry)))
