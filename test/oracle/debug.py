"""The debug directory and what its entries hold, as LIEF reads them; the PDB's path by yara-x too."""
import lief

from opened import text
from tables import text as of_bytes

SIGNATURES = {"PDB_70": "RSDS", "PDB_20": "NB10"}
FIELDS = {
    "debug_type": lambda e: e.type.value,
    "characteristics": lambda e: e.characteristics,
    "time_date_stamp": lambda e: e.timestamp,
    "major_version": lambda e: e.major_version,
    "minor_version": lambda e: e.minor_version,
    "size_of_data": lambda e: e.sizeof_data,
    "address_of_raw_data": lambda e: e.addressof_rawdata,
    "pointer_to_raw_data": lambda e: e.pointerto_rawdata,
}


def debug(opened):
    entries = list(opened.lief.debug)
    columns = {f"debug.{name}": [value(entry) for entry in entries] for name, value in (FIELDS | DATA).items()}
    pdb = next((entry for entry in columns["debug.codeview"] if entry), (None,) * 4)
    return columns | dict(zip(("pdb_guid", "pdb_age", "pdb_path by LIEF"), pdb[1:]))


def pdb_path(opened):
    path = opened.yara.get("pdb_path")
    return {"pdb_path": of_bytes(path) if isinstance(path, bytes) else path}


def codeview(entry):
    if not isinstance(entry, lief.PE.CodeViewPDB):
        return None
    signature = SIGNATURES.get(entry.cv_signature.name)
    return (signature, entry.guid if signature == "RSDS" else None, entry.age, text(entry.filename))


def pogo(entry):
    if not isinstance(entry, lief.PE.Pogo):
        return None
    name = entry.signature.value.to_bytes(4, "big").rstrip(b"\0").decode("latin-1")
    return (name, [(group.start_rva, group.size, text(group.name)) for group in entry.entries])


def vc_feature(entry):
    if not isinstance(entry, lief.PE.VCFeature):
        return None
    return (entry.pre_vcpp, entry.c_cpp, entry.gs, entry.sdl, entry.guards)


def pdb_checksum(entry):
    if not isinstance(entry, lief.PE.PDBChecksum):
        return None
    return (entry.algorithm.name, bytes(entry.hash).hex())


def of_type(kind, value):
    return lambda entry: value(entry) if isinstance(entry, kind) else None


DATA = {
    "codeview": codeview,
    "pogo": pogo,
    "vc_feature": vc_feature,
    "pdb_checksum": pdb_checksum,
    "repro_hash": of_type(lief.PE.Repro, lambda entry: bytes(entry.hash).hex() or None),
    "ex_dll_characteristics": of_type(lief.PE.ExDllCharacteristics, lambda e: int(e.ex_characteristics.value)),
    "fpo_entries": of_type(lief.PE.FPO, lambda entry: len(entry.entries)),
}
