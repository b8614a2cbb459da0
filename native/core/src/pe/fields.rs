//! The fields of a structure, little-endian, one after the other.
//!
//! A field that the bytes do not hold whole is `None`, and so is every field after it. Integers come
//! widened as columns hold them; those of a structure that is nothing unless whole come by `dwords`.

/// What is left of a structure.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    rest: &'a [u8],
    wide: bool,
}

impl<'a> Fields<'a> {
    /// Fields of `bytes`; pointers have 8 bytes where `wide`, else 4.
    pub(super) fn new(bytes: &'a [u8], wide: bool) -> Self {
        Self { rest: bytes, wide }
    }

    /// What no field has taken yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// `N` bytes as they stand.
    pub(super) fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        if let Some((field, rest)) = self.rest.split_first_chunk() {
            self.rest = rest;
            Some(*field)
        } else {
            self.rest = &[];
            None
        }
    }

    /// `WORD`.
    pub(super) fn word(&mut self) -> Option<i32> {
        self.bytes().map(|field| u16::from_le_bytes(field).into())
    }

    /// `DWORD`.
    pub(super) fn dword(&mut self) -> Option<i64> {
        self.bytes().map(|field| u32::from_le_bytes(field).into())
    }

    /// A pointer, `ULONGLONG` or `DWORD`.
    pub(super) fn pointer(&mut self) -> Option<u64> {
        if self.wide {
            self.bytes().map(u64::from_le_bytes)
        } else {
            self.bytes().map(|field| u32::from_le_bytes(field).into())
        }
    }
}

/// The first `N` little-endian dwords of `bytes`.
pub(super) fn dwords<const N: usize>(bytes: &[u8]) -> Option<[u32; N]> {
    let mut dwords = [0; N];
    let (chunks, _) = bytes.as_chunks::<4>();
    let found = chunks.get(..N)?;
    dwords.iter_mut().zip(found).for_each(|(dword, chunk)| *dword = u32::from_le_bytes(*chunk));
    Some(dwords)
}

#[cfg(test)]
mod tests {
    use super::Fields;

    #[test]
    fn after_a_field_that_is_cut_smaller_ones_are_none_too() {
        let mut fields = Fields::new(&[1, 2, 3, 4, 5, 6, 7], false);
        assert_eq!(fields.dword(), Some(0x0403_0201));
        assert_eq!(fields.pointer(), None);
        assert_eq!(fields.word(), None);
    }
}
