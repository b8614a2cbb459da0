//! ASN.1 as it stands in signed files: BER with DER's promises broken now and then.
//!
//! `der` finds the elements, the others read one primitive value each. No strict decoder serves
//! here: one wrong byte must cost one field, not every certificate of the file.

pub mod der;
pub mod integer;
pub mod oid;
pub mod text;
pub mod time;
