//! TLSH, a hash whose distance says how alike two files are: 128 buckets, 1-byte checksum, `T1`.

use tlsh2::TlshBuilder128_1;

/// The hash of `bytes`; `None` where they are fewer than 50 or too uniform for one.
pub fn tlsh(bytes: &[u8]) -> Option<String> {
    let hash = TlshBuilder128_1::build_from(bytes)?.hash();
    Some(String::from_utf8_lossy(&hash).into_owned())
}
