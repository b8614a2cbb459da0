//! What the data of a debug directory entry says, by its type.
//!
//! Fills the columns of its type as far as the data reaches. Layouts: `winnt.h`, LLVM's
//! `CVDebugRecord.h`, the PE/COFF specification of dotnet/runtime.

use crate::hash::hex;
use crate::limits::{MAX_DEBUG_HASH, MAX_NAME};
use crate::schema::{CodeView, DebugEntry, PdbChecksum, Pogo, PogoEntry, VcFeature};

use super::directory_names::EX_DLL_CHARACTERISTICS;
use super::fields::Fields;
use super::walk::Walk;
use super::{names, text};

/// Bytes of an `FPO_DATA`.
const FPO_SIZE: usize = 16;

/// Fills the columns of `entry` that its type gives.
pub(super) fn decode(walk: &mut Walk<'_, '_, '_>, data: &[u8], entry: &mut DebugEntry) {
    if data.is_empty() {
        return;
    }
    let mut fields = Fields::new(data, false);
    match entry.debug_type {
        2 => entry.codeview = codeview(walk, &mut fields),
        3 => entry.fpo_entries = Some((data.len() / FPO_SIZE) as i64),
        4 => entry.misc_name = misc(walk, &mut fields),
        12 => entry.vc_feature = Some(vc_feature(&mut fields)),
        13 => entry.pogo = pogo(walk, data),
        16 => entry.repro_hash = repro(walk, &mut fields),
        17 => {
            let is_packed_pdb = fields.bytes() == Some(*b"MPDB");
            entry.embedded_pdb_size = if is_packed_pdb { fields.dword() } else { None };
        }
        19 => entry.pdb_checksum = pdb_checksum(walk, data),
        20 => {
            entry.ex_dll_characteristics = fields.dword();
            entry.ex_dll_characteristics_names =
                entry.ex_dll_characteristics.map(|flags| names::flags(EX_DLL_CHARACTERISTICS, flags as u32));
        }
        _ => return,
    }
    let is_decoded = match entry.debug_type {
        2 => entry.codeview.is_some(),
        13 => entry.pogo.is_some(),
        16 => entry.repro_hash.is_some(),
        17 => entry.embedded_pdb_size.is_some(),
        19 => entry.pdb_checksum.is_some(),
        20 => entry.ex_dll_characteristics.is_some(),
        _ => true,
    };
    if !is_decoded {
        let detail = format!("type {}, {} bytes", entry.debug_type, data.len());
        walk.note("data_unreadable", u64::try_from(entry.pointer_to_raw_data).ok(), detail);
    }
}

fn codeview(walk: &mut Walk<'_, '_, '_>, fields: &mut Fields<'_>) -> Option<CodeView> {
    let signature = fields.bytes::<4>()?;
    let mut record = CodeView { signature: text::escaped(&signature), ..CodeView::default() };
    match &signature {
        b"RSDS" => record.guid = fields.bytes().map(|bytes| text::guid(&bytes)),
        b"NB10" => {
            fields.dword(); // the offset into the image, 0 for a PDB
            record.timestamp = fields.dword();
        }
        _ => return Some(record),
    }
    record.age = fields.dword();
    record.path = record.age.and_then(|_| walk.text(text::until_nul(fields.rest())));
    Some(record)
}

fn misc(walk: &mut Walk<'_, '_, '_>, fields: &mut Fields<'_>) -> Option<String> {
    let (_data_type, _length) = (fields.dword()?, fields.dword()?);
    let [is_unicode, ..] = fields.bytes::<4>()?;
    if is_unicode == 0 {
        return walk.text(text::until_nul(fields.rest()));
    }
    let room = fields.rest().get(..2 * MAX_NAME).unwrap_or(fields.rest());
    let name = text::until_nul_utf16(room);
    if name.len() == 2 * MAX_NAME {
        walk.limit("name_length");
    }
    let name = text::escaped_utf16(name);
    walk.keep(name.len()).then_some(name)
}

fn vc_feature(fields: &mut Fields<'_>) -> VcFeature {
    VcFeature {
        pre_vcpp: fields.dword(),
        c_and_cpp: fields.dword(),
        guard_stack: fields.dword(),
        sdl: fields.dword(),
        guard_cf: fields.dword(),
    }
}

/// A signature, then entries of RVA, size and name, padded to 4 bytes.
fn pogo(walk: &mut Walk<'_, '_, '_>, data: &[u8]) -> Option<Pogo> {
    let (signature, mut rest) = data.split_first_chunk::<4>()?;
    let mut signature = *signature;
    signature.reverse();
    let signature = text::stripped(&signature);
    let mut entries = Vec::new();
    while rest.len() > 8 && walk.step() {
        let mut fields = Fields::new(rest, false);
        let (rva, size) = (fields.dword()?, fields.dword()?);
        // A name that does not end where names can is none, and the list ends with it: many entries may
        // point to the same data, which must not be searched to its end for each.
        let room = fields.rest().get(..MAX_NAME).unwrap_or(fields.rest());
        let Some(end) = room.iter().position(|byte| *byte == 0) else {
            walk.note("pogo_unterminated", None, format!("{rva:#x}"));
            break;
        };
        let Some(name) = walk.text(text::until_nul(room)) else { break };
        entries.push(PogoEntry { rva, size, name });
        let len = (8 + end + 1).next_multiple_of(4);
        rest = rest.get(len..).unwrap_or_default();
    }
    Some(Pogo { signature, entries })
}

fn repro(walk: &mut Walk<'_, '_, '_>, fields: &mut Fields<'_>) -> Option<String> {
    let length = fields.dword()? as usize;
    let hash = fields.rest().get(..length)?;
    hash_of(walk, hash)
}

fn pdb_checksum(walk: &mut Walk<'_, '_, '_>, data: &[u8]) -> Option<PdbChecksum> {
    let end = data.iter().take(MAX_NAME).position(|byte| *byte == 0)?;
    let (algorithm, hash) = data.split_at_checked(end)?;
    let value = hash_of(walk, hash.get(1..)?)?;
    Some(PdbChecksum { algorithm: text::escaped(algorithm), value })
}

fn hash_of(walk: &mut Walk<'_, '_, '_>, hash: &[u8]) -> Option<String> {
    if hash.len() > MAX_DEBUG_HASH {
        walk.note("hash_length", None, format!("{} bytes", hash.len()));
        return None;
    }
    Some(hex(hash))
}
