"""What the tools say of one file: every area of fields, and the tool that gives it.

An area is measured by itself: a tool that fails costs its own fields and is named in their place.
"""
import pefile

import certificates
import clr
import content
import debug
import headers
import load_config
import opened
import pivots
import relocations
import resources
import rows
import signatures
import tables
import version_info

AREAS = {
    "headers": lambda o: (headers.headers(o.pe), {}, headers.facts(o.pe)),
    "sections": lambda o: headers.sections(o.pe),
    "imports": tables.imports,
    "exports": tables.exports,
    "bound imports": tables.bound_imports,
    "pivots": lambda o: pivots.pivots(o.pe, o.data),
    "imphash": lambda o: pivots.imphash(o.data),
    "resources": lambda o: resources.resources(o.pe),
    "version info": version_info.version_info,
    "version info by yara-x": version_info.version_pairs,
    "manifest": version_info.manifest,
    "icon": version_info.icon,
    "debug": debug.debug,
    "pdb path": debug.pdb_path,
    "tls": load_config.tls,
    "load config": load_config.load_config,
    "relocations": relocations.relocations,
    "relocations by LIEF": relocations.relocations_by_lief,
    "exceptions": relocations.exceptions,
    "clr": clr.clr,
    "certificates": lambda o: (*certificates.certificates(o.pe, o.data), {}),
    "win certificates": lambda o: certificates.win_certificates(o.pe, o.data),
    "envelopes": signatures.envelopes,
    "signatures": signatures.signatures,
    "signatures by LIEF": signatures.signatures_by_lief,
    "signatures by yara-x": signatures.verified_by_yara,
    "authentihash": signatures.authentihash,
    "authentihash by LIEF": signatures.authentihash_by_lief,
}

ALWAYS = {
    "file_size", "md5", "sha1", "sha256", "entropy", "byte_histogram", "is_pe",
    "string_count_ascii", "string_count_wide", "string_bytes", "pefile: tool", *rows.STRING_FIELDS,
}  # fmt: skip


def measure(file):
    """Every value that the tools give of a file, what they refuse with the reason, and facts for the rules."""
    with open(file, "rb") as handle:
        data = handle.read()
    values = content.hashes(data) | content.statistics(data) | content.strings(data)
    skipped, facts = {}, {}
    try:
        found = opened.Opened(data)
    except pefile.PEFormatError as error:
        found, facts = None, {"refused": error.value}
    except Exception as error:  # any other is a failure of pefile's
        found, facts = None, {"refused": repr(error)}
        values["pefile: tool"] = repr(error)
    values["is_pe"] = found is not None
    if found:
        read, skipped, facts = opened.guarded(AREAS, found)
        values |= read
        facts |= {"warnings": found.pe.get_warnings(), "opened": found}
    reason = content.magic_skip_reason()
    if reason:
        skipped["magic"] = reason
    else:
        read, _, _ = opened.guarded({"magic": lambda _: {"magic": content.magic_text(file)}}, None)
        values |= read
    return values, skipped, facts


def merc_value(merc, field, value):
    """merc's side of a field; a second opinion names its tool behind ` by `."""
    if field.endswith(": tool"):
        return opened.RAN
    return merc.get(field.partition(" by ")[0], [] if isinstance(value, list) else None)
