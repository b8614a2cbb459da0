"""The differences that are explained: where merc and a tool disagree and merc is right.

Each rule holds only where merc's value becomes the tool's once the tool's own known deviation is
applied to it, so a rule cannot hide a second fault. A predicate gets the difference as a dict:
`field`, `merc`, `tool`, `row` (merc's flat row) and `facts` (of the file, from the tools).
"""
import re
from collections import Counter
from fnmatch import fnmatch

import relocations
import resources
import tables
import version_info

# Kinds that merc must name itself, by the beginning of libmagic's text.
NAMED_KINDS = (
    "empty", "data", "ASCII text", "UTF-8 Unicode text", "PC bitmap", "JPEG image data", "PNG image data",
    "GIF image data", "Zip archive data", "7-zip archive data", "RAR archive data", "gzip compressed data",
    "PDF document", "XML", "HTML document", "ELF", "MS-DOS executable", "Composite Document File V2 Document",
    "Microsoft Cabinet archive data",
)  # fmt: skip

# What pefile's tables lack of winnt.h.
UNLISTED = {
    ("machine_name", 0x0001): "IMAGE_FILE_MACHINE_TARGET_HOST",
    ("machine_name", 0x0160): "IMAGE_FILE_MACHINE_R3000BE",
    ("machine_name", 0x3A64): "IMAGE_FILE_MACHINE_CHPE_X86",
    ("machine_name", 0xA641): "IMAGE_FILE_MACHINE_ARM64EC",
    ("machine_name", 0xA64E): "IMAGE_FILE_MACHINE_ARM64X",
    ("subsystem_name", 17): "IMAGE_SUBSYSTEM_XBOX_CODE_CATALOG",
}
# Times that pefile takes a pair of name and address before it gives an export table up.
PEFILE_REPEATS = 10

# The limits that cut an area besides those on steps and text, which have the names of its stage.
LIMITS = {
    "sections": ("sections", "section_bytes", "section_text"),
    "imports": ("name_length",),
    "delay_imports": ("name_length",),
    "exports": ("name_length",),
    "bound_imports": ("name_length",),
    "certificates": ("certificates", "certificate_bytes", "certificate_entries", "certificate_name_attributes",
                     "certificate_name_bytes", "certificate_serial_bytes"),
    "resources": ("resources", "name_length"),
    "version_info": ("version_block", "version_bytes"),
    "debug": ("debug_entries",),
    "tls": ("tls_callbacks",),
    "load_config": ("dynamic_relocations",),
    "relocations": ("relocations",),
    "exceptions": ("runtime_functions",),
    "clr": ("clr_constant", "clr_guids", "clr_public_key", "clr_rows", "clr_streams"),
    "signatures": ("signatures", "signature_bytes", "signature_depth", "signature_text_bytes", "signer_attributes",
                   "verifications", "rsa_bits"),
}  # fmt: skip
YARA_CLR_ROWS = 15_000
YARA_TABLES = "assembly assembly_refs module_refs resources constants field_offsets".split()


def truncated_optional_header(d):
    end = d["facts"]["optional_ends"].get(d["field"])
    return d["merc"] is None and end is not None and end > d["row"]["file_size"]


def name_of_truncated_field(d):
    number = "subsystem" if d["field"] == "subsystem_name" else "dll_characteristics"
    end = d["facts"]["optional_ends"][f"headers_optional.{number}"]
    return not d["merc"] and end > d["row"]["file_size"]


def offset_behind_the_file(d):
    return d["merc"] is None and d["tool"] >= d["row"]["file_size"]


def optional_header_missing(d):
    return d["merc"] and not d["tool"] and d["facts"]["refused"].startswith("No Optional Header")


def unlisted_name(d):
    number = "headers.machine" if d["field"] == "machine_name" else "headers_optional.subsystem"
    return d["tool"] is None and UNLISTED.get((d["field"], d["row"][number])) == d["merc"]


def pefile_import_filters(d):
    return tables.as_pefile_lists(d["merc"]) == d["tool"]


def import_table_given_up(d):
    """One warning for each descriptor that pefile has not."""
    mine = tables.as_pefile_lists(d["merc"])
    rest = iter(mine)
    given_up = sum(bool(re.search("(?i)(damaged|invalid) import", text)) for text in d["facts"]["warnings"])
    return 0 < len(mine) - len(d["tool"]) <= given_up and all(entry in rest for entry in d["tool"])


def odd_export_name(d):
    odd = next((at for at, entry in enumerate(d["merc"]) if tables.is_odd_export(entry[0])), None)
    return odd is not None and names_ended_at(d["merc"], odd) == d["tool"]


def repeated_exports(d):
    seen = Counter()
    for at, (name, _, address, _) in enumerate(d["merc"]):
        seen[name, address] += name is not None
        if seen[name, address] > PEFILE_REPEATS:
            return names_ended_at(d["merc"], at) == d["tool"]
    return False


def names_ended_at(exports, end):
    """The exports where the names end early: every ordinal that has had none follows without one."""
    named = exports[:end]
    ordinals = {entry[1] for entry in named}
    rest = {(None, *entry[1:]) for entry in exports[end:] if entry[1] not in ordinals}
    return named + sorted(rest, key=lambda entry: entry[1])


def pefile_section_stop(d):
    stopped = any("Too many warnings parsing section" in warning for warning in d["facts"]["warnings"])
    return stopped and d["merc"][: len(d["tool"])] == d["tool"]


def limit_hit(d):
    area = d["field"].partition(".")[0]
    stage = area.rstrip("s")
    names = {f"{stage}_steps", f"{stage}_text", *LIMITS.get(area, ())}
    return not names.isdisjoint(d["row"]["limits_hit"]) and is_cut(d["merc"], d["tool"])


def is_cut(merc, tool):
    """A list ends early or lacks some values, a digest was not taken, a count is lower."""
    if isinstance(merc, list):
        lacks = len(merc) == len(tool) and all(mine in (None, its) for mine, its in zip(merc, tool))
        return lacks or tool[: len(merc)] == merc
    return merc is None or type(merc) is type(tool) is int and merc < tool


def tool_refuses_cut_header(d):
    """A file that ends in its optional header, and a refusal, not a failure."""
    refused = d["tool"].startswith(("Refused: ", "ValueError: signify finds nothing to hash"))
    return refused and max(d["facts"].get("optional_ends", {"": 0}).values()) > d["row"]["file_size"]


def yara_row_cap(d):
    return not d["tool"] and d["facts"]["clr_rows"] > YARA_CLR_ROWS


def lief_resource_tree_cut(d):
    opened = d["facts"]["opened"]
    has_version = any(path[0] == version_info.RT_VERSION for path, _ in resources.leaves(opened.directory("RESOURCE")))
    return not d["tool"] and has_version and not opened.lief.resources_manager.has_version


def pefile_relocation_stop(d):
    blocks = relocations.blocks_of(d["facts"]["opened"])
    stopped = relocations.counted([until_repeated(block) for block in blocks])
    return relocations.counted(blocks)[d["field"]] == d["merc"] and stopped[d["field"]] == d["tool"]


def until_repeated(block):
    return block[: next((at for at, word in enumerate(block) if word in block[:at]), len(block))]


def lief_padding_block(d):
    field = d["field"].removesuffix(" by LIEF")
    blocks = relocations.blocks_of(d["facts"]["opened"])
    kept = [block for block in blocks if len(block) != 1 or block[0] >> 12]
    return relocations.counted(blocks)[field] == d["merc"] and relocations.counted(kept)[field] == d["tool"]


def lief_swaps_affinity(d):
    other = "process_heap_flags" if d["field"].endswith("process_affinity_mask") else "process_affinity_mask"
    both = d["merc"] is not None and d["row"]["is_64bit"] is False
    return both and d["tool"] == d["row"][f"load_config.{other}"]


def kind_outside_list(d):
    return not d["row"]["is_pe"] and d["merc"] == "data" and not d["tool"].startswith(NAMED_KINDS)


def kind_named_shorter(d):
    return not d["row"]["is_pe"] and bool(d["merc"]) and d["tool"].startswith(d["merc"])


RULES = [
    {
        "name": "optional-header-missing",
        "fields": ["is_pe"],
        "holds": optional_header_missing,
        "reason": "truncated files: merc gives the headers that are there, pefile refuses a file that ends in its "
        "optional header",
    },
    {
        "name": "truncated-optional-header",
        "fields": ["headers_optional.*"],
        "holds": truncated_optional_header,
        "reason": "the file ends before the field does: merc gives null, pefile pads the header with zeros",
    },
    {
        "name": "name-of-truncated-field",
        "fields": ["subsystem_name", "headers_optional.dll_characteristics_names"],
        "holds": name_of_truncated_field,
        "reason": "the file ends before the field does: merc names nothing, pefile names what it padded with zeros",
    },
    {
        "name": "offset-behind-the-file",
        "fields": ["entry_point.file_offset"],
        "holds": offset_behind_the_file,
        "reason": "the file ends before its entry point: merc gives null, pefile the offset where it would be",
    },
    {
        "name": "unlisted-name",
        "fields": ["machine_name", "subsystem_name"],
        "holds": unlisted_name,
        "reason": "pefile's table lacks this constant of the Windows SDK",
    },
    {
        "name": "pefile-import-filters",
        "fields": ["imports", "delay_imports"],
        "holds": pefile_import_filters,
        "reason": "merc keeps odd names with their bytes and one entry a descriptor; pefile drops names outside its "
        "alphabet, ordinal 0 and descriptors that import nothing. Equal once its filters are applied",
    },
    {
        "name": "import-table-given-up",
        "fields": ["imports", "delay_imports"],
        "holds": import_table_given_up,
        "reason": "pefile drops a descriptor whose thunk table has one broken entry and says so in a warning, "
        "merc keeps what could be read; every descriptor of pefile's is in merc's, in its order",
    },
    {
        "name": "odd-export-name",
        "fields": ["exports"],
        "holds": odd_export_name,
        "reason": "odd names: merc keeps the bytes; pefile ends the names at the first outside its alphabet and "
        "gives the rest as nameless. Ordinals and addresses are equal",
    },
    {
        "name": "repeated-exports",
        "fields": ["exports"],
        "holds": repeated_exports,
        "reason": "pefile ends the names at the eleventh of one name and address and gives the rest as nameless, "
        "merc reads them to their end",
    },
    {
        "name": "pefile-section-stop",
        "fields": ["sections.*"],
        "holds": pefile_section_stop,
        "reason": "pefile ends the section table at a section it has three doubts about, "
        "merc lists what could be read",
    },
    {
        "name": "tool-refuses-cut-header",
        "fields": ["*: tool"],
        "holds": tool_refuses_cut_header,
        "reason": "LIEF and signify refuse a file that ends in its optional header, merc and pefile give what is there",
    },
    {
        "name": "yara-row-cap",
        "fields": [f"clr.{name}" for name in YARA_TABLES],
        "holds": yara_row_cap,
        "reason": "yara-x gives up .NET tables at one of more than 15,000 rows and has nothing of those behind it",
    },
    {
        "name": "lief-resource-tree-cut",
        "fields": [f"version_info.{name}" for name in ("strings", "translations", *version_info.FIXED)],
        "holds": lief_resource_tree_cut,
        "reason": "LIEF drops leaves of a large resource tree, the version resource among them; pefile has it in its "
        "tree, yara-x its strings",
    },
    {
        "name": "pefile-relocation-stop",
        "fields": ["relocations.entries", "relocations.types"],
        "holds": pefile_relocation_stop,
        "reason": "pefile ends a block at an entry it has already seen there, as two of padding are; merc counts both",
    },
    {
        "name": "lief-padding-block",
        "fields": ["relocations.* by LIEF"],
        "holds": lief_padding_block,
        "reason": "LIEF passes over a block that holds one entry of padding, merc and pefile count it",
    },
    {
        "name": "lief-swaps-affinity",
        "fields": ["load_config.process_affinity_mask", "load_config.process_heap_flags"],
        "holds": lief_swaps_affinity,
        "reason": "in PE32 the heap flags stand before the affinity mask, LIEF reads them in the order of PE32+",
    },
    {
        "name": "limit-hit",
        "fields": ["sections.*", "imports", "delay_imports", "exports", "certificates.*", *(f"{a}*" for a in LIMITS if a not in ("sections", "certificates"))],
        "holds": limit_hit,
        "reason": "a limit that merc states in limits_hit cut it; it equals the tool's up to there",
    },
    {
        "name": "kind-outside-list",
        "fields": ["magic"],
        "holds": kind_outside_list,
        "reason": "of files that are not PE merc names some thirty common kinds, any other is data",
    },
    {
        "name": "kind-named-shorter",
        "fields": ["magic"],
        "holds": kind_named_shorter,
        "reason": "of files that are not PE merc may give the kind alone: libmagic's text begins with it",
    },
]


def explain(difference):
    """The rule that explains a difference, or None."""
    for rule in RULES:
        if any(fnmatch(difference["field"], pattern) for pattern in rule["fields"]) and rule["holds"](difference):
            return rule
    return None
