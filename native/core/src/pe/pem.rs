//! PEM (RFC 7468) of bytes as they stand in the file: nothing is decoded and encoded anew.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::work;

/// `der` between the lines that name it `label`, 64 characters a line.
pub(super) fn pem(label: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    work::pass(der.len());
    // 48 bytes are 64 characters, so that no line but the last needs padding.
    for line in der.chunks(48) {
        STANDARD.encode_string(line, &mut text);
        text.push('\n');
    }
    text + "-----END " + label + "-----\n"
}
