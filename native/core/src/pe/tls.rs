//! The TLS directory and its callbacks.
//!
//! Every callback up to the zero entry is given as it is written: one that points nowhere is noted and
//! hides none of the others.

use crate::limits::MAX_TLS_CALLBACKS;
use crate::problems::Problems;
use crate::schema::{Tls, TlsCallback};
use crate::work;

use super::fields::Fields;
use super::{Image, directory};

/// `IMAGE_TLS_DIRECTORY64`.
const DIRECTORY_SIZE: usize = 40;

/// The TLS directory; `None` where there is none, or, with a problem, where the file ends in it.
pub fn tls(image: &Image<'_>, problems: &mut Problems) -> Option<Tls> {
    let (start, _) = image.directory(directory::TLS)?;
    let data = image.data_at(start.into(), DIRECTORY_SIZE).unwrap_or_default();
    let Some(mut tls) = fields(Fields::new(data, image.is_64bit())) else {
        let detail = format!("{start:#x}, {} bytes", data.len());
        problems.add("tls", "directory_truncated", image.offset_of(start.into()), detail);
        return None;
    };
    if tls.address_of_callbacks != 0 {
        tls.callbacks = callbacks(image, tls.address_of_callbacks, problems);
    }
    Some(tls)
}

fn fields(mut fields: Fields<'_>) -> Option<Tls> {
    Some(Tls {
        start_address_of_raw_data: fields.pointer()?,
        end_address_of_raw_data: fields.pointer()?,
        address_of_index: fields.pointer()?,
        address_of_callbacks: fields.pointer()?,
        size_of_zero_fill: fields.dword()?,
        characteristics: fields.dword()?,
        callbacks: Vec::new(),
    })
}

fn callbacks(image: &Image<'_>, table: u64, problems: &mut Problems) -> Vec<TlsCallback> {
    let mut callbacks = Vec::new();
    let Some((rva, data)) = image.rva_of(table).and_then(|rva| Some((rva, image.data_at(rva, usize::MAX)?)))
    else {
        problems.add("tls", "callbacks_unmapped", None, format!("{table:#x}"));
        return callbacks;
    };
    let mut fields = Fields::new(data, image.is_64bit());
    let mut is_noted = false;
    loop {
        work::steps(1);
        if callbacks.len() == MAX_TLS_CALLBACKS {
            problems.limit("tls_callbacks");
            return callbacks;
        }
        let address = match fields.pointer() {
            Some(0) => return callbacks,
            Some(address) => address,
            // What the file does not hold of a section is zeros in memory, and so ends the table.
            None if data.is_empty() => return callbacks,
            None => {
                problems.add("tls", "callbacks_unterminated", image.offset_of(rva), format!("{table:#x}"));
                return callbacks;
            }
        };
        let rva = image.rva_of(address);
        if !is_noted && rva.and_then(|rva| image.offset_of(rva)).is_none() {
            is_noted = true;
            problems.odd("tls", "callback_unmapped", None, format!("{address:#x}"));
        }
        callbacks.push(TlsCallback { address, rva: rva.map(|rva| rva as i64) });
    }
}
