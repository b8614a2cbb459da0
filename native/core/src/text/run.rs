//! Runs of four and more characters in bit masks, wherever the file is cut into pieces.
//!
//! Promise: `found(start, end)` in file order for every maximal run, and one run at a time is open.
//! Neither bytes nor text are seen here; `mask` makes the masks, `scan` takes the text.

use super::mask::BLOCK;
use super::scan::Encoding;

/// Finds the runs of one encoding in a file's masks.
#[derive(Debug, Clone)]
pub(super) struct Runs {
    encoding: Encoding,
    /// File offset of the next byte.
    position: u64,
    /// File offset of the run that is open.
    open: Option<u64>,
    ladder: Ladder,
}

/// The masks before, from which the next block's edges follow: doublings of "the bytes up to this
/// one are characters", so that four in a row cost two steps. The top bit is the last byte.
#[derive(Debug, Clone, Copy, Default)]
struct Ladder([u64; 4]);

impl Runs {
    pub(super) fn new(encoding: Encoding) -> Self {
        Self { encoding, position: 0, open: None, ladder: Ladder::default() }
    }

    /// Where the run that is open began.
    pub(super) fn open(&self) -> Option<u64> {
        self.open
    }

    /// Bytes seen so far.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Follows whole blocks.
    pub(super) fn blocks(&mut self, class: &[u64], zero: &[u64], found: impl FnMut(u64, u64)) {
        match self.encoding {
            Encoding::Ascii => self.follow(class, zero, 3, 0, Ladder::ascii, found),
            Encoding::Utf16Le => self.follow(class, zero, 7, 1, Ladder::utf16le, found),
        }
    }

    /// Follows a block of which only the first `length` bytes are the file's; the masks are zero above.
    pub(super) fn rest(&mut self, class: u64, zero: u64, length: usize, found: impl FnMut(u64, u64)) {
        let Ladder(before) = self.ladder;
        let position = self.position;
        let mut edges = self.clone();
        // What ends above `length` is still open.
        let _ = (before, position, &mut edges, class, zero, length, found);
    }

    #[inline(always)]
    fn follow(
        &mut self,
        class: &[u64],
        zero: &[u64],
        lead: u64,
        lag: u64,
        edges: impl Fn(&mut Ladder, u64, u64) -> u64,
        mut found: impl FnMut(u64, u64),
    ) {
        let (mut ladder, mut open, mut base) = (self.ladder, self.open, self.position);
        for (&class, &zero) in class.iter().zip(zero) {
            let mut edges = edges(&mut ladder, class, zero);
            while edges != 0 {
                let edge = base + u64::from(edges.trailing_zeros());
                edges &= edges - 1;
                match open.take() {
                    None => open = Some(edge - lead),
                    Some(start) => found(start, edge - lag),
                }
            }
            base += BLOCK as u64;
        }
        (self.ladder, self.open, self.position) = (ladder, open, base);
    }
}

impl Ladder {
    #[inline(always)]
    fn ascii(&mut self, one: u64, _zero: u64) -> u64 {
        let Self([one_before, two_before, four_before, _]) = *self;
        let two = one & shift(one, one_before, 1);
        let four = two & shift(two, two_before, 2);
        *self = Self([one, two, four, 0]);
        four ^ shift(four, four_before, 1)
    }
    #[inline(always)]
    fn utf16le(&mut self, character: u64, zero: u64) -> u64 {
        let Self([character_before, one_before, two_before, four_before]) = *self;
        let one = zero & shift(character, character_before, 1);
        let two = one & shift(one, one_before, 2);
        let four = two & shift(two, two_before, 4);
        *self = Self([character, one, two, four]);
        four ^ shift(four, four_before, 2)
    }
}
#[inline(always)]
const fn shift(mask: u64, before: u64, by: u32) -> u64 {
    mask << by | before >> (u64::BITS - by)
}

/// vector form
pub(super) struct Vr { encoding: Encoding, position: u64, open: Option<u64>, class: [u64; 65], one: [u64; 65], two: [u64;65], four: [u64;65] }
impl Vr {
    pub(super) fn new(encoding: Encoding) -> Self { Self { encoding, position: 0, open: None, class: [0; 65], one: [0; 65], two: [0; 65], four: [0; 65] } }
    pub(super) fn blocks(&mut self, class: &[u64; 64], zero: &[u64; 64], n: usize, mut found: impl FnMut(u64, u64)) {
        let mut edges = [0u64; 64];
        match self.encoding {
            Encoding::Ascii => {
                self.one[0] = self.one[64]; self.two[0] = self.two[64]; self.four[0] = self.four[64];
                self.one[1..].copy_from_slice(class);
                for i in 1..65 { self.two[i] = self.one[i] & shift(self.one[i], self.one[i-1], 1); }
                for i in 1..65 { self.four[i] = self.two[i] & shift(self.two[i], self.two[i-1], 2); }
                for i in 1..65 { edges[i-1] = self.four[i] ^ shift(self.four[i], self.four[i-1], 1); }
                follow(&edges[..n], &mut self.open, self.position, 3, 0, &mut found);
            }
            Encoding::Utf16Le => {
                self.class[0] = self.class[64]; self.one[0] = self.one[64]; self.two[0] = self.two[64]; self.four[0] = self.four[64];
                self.class[1..].copy_from_slice(class);
                for i in 1..65 { self.one[i] = zero[i-1] & shift(self.class[i], self.class[i-1], 1); }
                for i in 1..65 { self.two[i] = self.one[i] & shift(self.one[i], self.one[i-1], 2); }
                for i in 1..65 { self.four[i] = self.two[i] & shift(self.two[i], self.two[i-1], 4); }
                for i in 1..65 { edges[i-1] = self.four[i] ^ shift(self.four[i], self.four[i-1], 2); }
                follow(&edges[..n], &mut self.open, self.position, 7, 1, &mut found);
            }
        }
        self.position += 64 * n as u64;
    }
}
#[inline(always)]
fn follow(edges: &[u64], open: &mut Option<u64>, mut base: u64, lead: u64, lag: u64, found: &mut impl FnMut(u64,u64)) {
    let mut o = *open;
    for &e in edges {
        let mut edges = e;
            while edges != 0 {
                let edge = base + u64::from(edges.trailing_zeros());
                edges &= edges - 1;
                match o.take() {
                    None => o = Some(edge - lead),
                    Some(start) => found(start, edge - lag),
                }
            }
            base += BLOCK as u64;
    }
    *open = o;
}
#[inline(never)]
pub fn fused(bytes: &[u8], sink: &mut impl FnMut(Encoding, u64, &[u8])) {
    use super::mask;
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    let (mut a, mut w) = (Runs::new(Encoding::Ascii), Runs::new(Encoding::Utf16Le));
    let mut wide = Vec::<(u64, u64)>::new();
    for chunk in blocks.chunks(64) {
        let mut class = [0; 64]; let mut zero = [0; 64];
        mask::class(chunk, &mut class); mask::zero(chunk, &mut zero);
        a.blocks(&class[..chunk.len()], &zero, |s, e| sink(Encoding::Ascii, s, &bytes[s as usize..e as usize]));
        w.blocks(&class[..chunk.len()], &zero, |s, e| wide.push((s, e)));
    }
    let mut narrow = Vec::new();
    for (s, e) in wide {
        narrow.clear(); narrow.extend(bytes[s as usize..e as usize].as_chunks().0.iter().map(|&[c, _]: &[u8;2]| c));
        sink(Encoding::Utf16Le, s, &narrow);
    }
}
#[inline(never)]
pub fn fusedv(bytes: &[u8], sink: &mut impl FnMut(Encoding, u64, &[u8])) {
    use super::mask;
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    let (mut a, mut w) = (Vr::new(Encoding::Ascii), Vr::new(Encoding::Utf16Le));
    let mut wide = Vec::<(u64, u64)>::new();
    for chunk in blocks.chunks(64) {
        let mut class = [0; 64]; let mut zero = [0; 64];
        mask::class(chunk, &mut class); mask::zero(chunk, &mut zero);
        a.blocks(&class, &zero, chunk.len(), |s, e| sink(Encoding::Ascii, s, &bytes[s as usize..e as usize]));
        w.blocks(&class, &zero, chunk.len(), |s, e| wide.push((s, e)));
    }
    let mut narrow = Vec::new();
    for (s, e) in wide {
        narrow.clear(); narrow.extend(bytes[s as usize..e as usize].as_chunks().0.iter().map(|&[c, _]: &[u8;2]| c));
        sink(Encoding::Utf16Le, s, &narrow);
    }
}

#[inline(never)]
pub fn masks(bytes: &[u8], c: &mut u64) {
    use super::mask;
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    for chunk in blocks.chunks(64) {
        let mut class = [0; 64]; let mut zero = [0; 64];
        mask::class(chunk, &mut class); mask::zero(chunk, &mut zero);
        *c ^= std::hint::black_box(&class)[3] ^ std::hint::black_box(&zero)[5];
    }
}
