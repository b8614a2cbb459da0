//! `INTEGER` as decimal digits, of any size: serial numbers do not fit a machine word.

/// Two's complement, most significant byte first, as decimal; none for no bytes at all.
///
/// The cost grows with the square of the size: the caller bounds it.
pub fn decimal(bytes: &[u8]) -> Option<String> {
    let negative = *bytes.first()? & 0x80 != 0;
    let mut magnitude: Vec<u8> = bytes.to_vec();
    if negative {
        let mut carry = true;
        for byte in magnitude.iter_mut().rev() {
            let (complement, overflow) = (!*byte).overflowing_add(carry as u8);
            (*byte, carry) = (complement, overflow);
        }
    }
    // Groups of nine digits, least significant first: each byte shifts all of them by 256.
    let mut groups: Vec<u32> = vec![0];
    for byte in magnitude {
        let mut carry = byte as u64;
        for group in &mut groups {
            let value = (*group as u64) * 256 + carry;
            *group = (value % 1_000_000_000) as u32;
            carry = value / 1_000_000_000;
        }
        if carry > 0 {
            groups.push(carry as u32);
        }
    }
    let digits: Vec<String> = groups.iter().rev().map(|group| format!("{group:09}")).collect();
    let digits = digits.concat();
    let digits = digits.trim_start_matches('0');
    Some(match (negative, digits) {
        (_, "") => "0".to_owned(),
        (true, _) => format!("-{digits}"),
        (false, _) => digits.to_owned(),
    })
}
