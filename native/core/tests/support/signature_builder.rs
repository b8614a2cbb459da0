//! Builds Authenticode signatures and certificate tables for tests; nothing in them is signed.

#![allow(dead_code, unreachable_pub)] // each test binary uses its part
#![allow(clippy::indexing_slicing)] // a test that panics has failed

pub const SIGNED_DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
pub const INDIRECT_DATA: &[u8] = b"\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x04";
pub const PE_IMAGE_DATA: &[u8] = b"\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0f";
pub const OPUS_INFO: &[u8] = b"\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0c";
pub const NESTED: &[u8] = b"\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x04\x01";
pub const TIMESTAMP: &[u8] = b"\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x03\x03\x01";
pub const MESSAGE_DIGEST: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04";
pub const SIGNING_TIME: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05";
pub const COUNTERSIGNATURE: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x06";
pub const TST_INFO: &[u8] = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x04";

pub const MD2: &[u8] = b"\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x02";
pub const SHA1: &[u8] = b"\x06\x05\x2b\x0e\x03\x02\x1a";
pub const SHA256: &[u8] = b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01";
pub const SHA384: &[u8] = b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02";
pub const SHA512: &[u8] = b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03";

pub fn tlv(identifier: u8, content: &[u8]) -> Vec<u8> {
    let mut element = vec![identifier];
    match content.len() {
        length @ 0..=127 => element.push(length as u8),
        length => {
            element.push(0x84);
            element.extend((length as u32).to_be_bytes());
        }
    }
    element.extend(content);
    element
}

pub fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

/// A name of one `CN`.
pub fn name(cn: &str) -> Vec<u8> {
    let attribute = sequence(&[b"\x06\x03\x55\x04\x03".to_vec(), tlv(12, cn.as_bytes())]);
    sequence(&[tlv(0x31, &attribute)])
}

/// A certificate that holds the names, the serial number and little else.
pub fn certificate(issuer: &str, serial: u8, subject: &str) -> Vec<u8> {
    let times = sequence(&[tlv(0x17, b"200101000000Z"), tlv(0x17, b"300101000000Z")]);
    let algorithm = sequence(&[b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b".to_vec()]);
    let version = tlv(0xa0, b"\x02\x01\x02");
    let serial = tlv(2, &[serial]);
    let parts = [version, serial, algorithm.clone(), name(issuer), times, name(subject), sequence(&[])];
    sequence(&[sequence(&parts), algorithm, tlv(3, &[0])])
}

pub fn attribute(kind: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[kind.to_vec(), tlv(0x31, value)])
}

/// A `SignerInfo` of the certificate (issuer "ca", `serial`).
pub fn signer_info(serial: u8, algorithm: &[u8], signed: &[Vec<u8>], unsigned: &[Vec<u8>]) -> Vec<u8> {
    let identifier = sequence(&[name("ca"), tlv(2, &[serial])]);
    let (signed, unsigned) = (tlv(0xa0, &signed.concat()), tlv(0xa1, &unsigned.concat()));
    let algorithm = sequence(&[algorithm.to_vec()]);
    sequence(&[tlv(2, &[1]), identifier, algorithm.clone(), signed, algorithm, tlv(4, b"sig"), unsigned])
}

/// A `ContentInfo` of a `SignedData`.
pub fn pkcs7(content: &[u8], certificates: &[Vec<u8>], signer_infos: &[Vec<u8>]) -> Vec<u8> {
    let certificates = tlv(0xa0, &certificates.concat());
    let infos = tlv(0x31, &signer_infos.concat());
    let data = sequence(&[tlv(2, &[1]), tlv(0x31, &[]), content.to_vec(), certificates, infos]);
    sequence(&[SIGNED_DATA.to_vec(), tlv(0xa0, &data)])
}

/// `SpcIndirectDataContent` with a digest of the file, as a `ContentInfo`.
pub fn indirect_data(algorithm: &[u8], digest: &[u8], image_data: &[u8]) -> Vec<u8> {
    let info = sequence(&[sequence(&[algorithm.to_vec(), tlv(5, &[])]), tlv(4, digest)]);
    let data = sequence(&[sequence(&[PE_IMAGE_DATA.to_vec(), image_data.to_vec()]), info]);
    sequence(&[INDIRECT_DATA.to_vec(), tlv(0xa0, &data)])
}

/// A timestamp token of the certificate (issuer "ca", `serial`).
pub fn timestamp_token(time: &[u8], serial: u8, certificates: &[Vec<u8>]) -> Vec<u8> {
    let imprint = sequence(&[sequence(&[SHA256.to_vec()]), tlv(4, &[0; 32])]);
    let info = sequence(&[tlv(2, &[1]), tlv(6, &[0x2a]), imprint, tlv(2, &[9]), tlv(0x18, time)]);
    let content = sequence(&[TST_INFO.to_vec(), tlv(0xa0, &tlv(4, &info))]);
    pkcs7(&content, certificates, &[signer_info(serial, SHA256, &[], &[])])
}

/// A `WIN_CERTIFICATE` around a PKCS#7, padded to 8 bytes.
pub fn entry(body: &[u8]) -> Vec<u8> {
    entry_with(body.len() as u32 + 8, 0x200, 2, body)
}

/// A `WIN_CERTIFICATE` that states this of itself, padded to 8 bytes.
pub fn entry_with(length: u32, revision: u16, kind: u16, body: &[u8]) -> Vec<u8> {
    let mut entry = length.to_le_bytes().to_vec();
    entry.extend(revision.to_le_bytes());
    entry.extend(kind.to_le_bytes());
    entry.extend(body);
    entry.resize(entry.len().next_multiple_of(8), 0);
    entry
}
