//! Changes files at random: the same seed, the same change.

#![allow(dead_code, unreachable_pub)] // each test binary uses its part
#![allow(clippy::indexing_slicing)] // a test that panics has failed

/// Numbers on which arithmetic turns over, as they are written into headers.
const INTERESTING: [u64; 24] = [
    0,
    1,
    2,
    3,
    4,
    7,
    8,
    16,
    0x28,
    0x40,
    0x7f,
    0x80,
    0xff,
    0x100,
    0x200,
    0x400,
    0x1000,
    0x7fff,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fff0,
    0xffff_ffff,
    u64::MAX,
];

/// Vigna's `SplitMix64`.
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number below `bound`; 0 where that is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

/// A mutant of one of `seeds`.
pub fn mutant(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut file = seeds[random.below(seeds.len())].clone();
    if random.one_in(12) {
        splice(&mut file, &seeds[random.below(seeds.len())], random);
    }
    for _ in 0..=random.below(6) {
        change(&mut file, random);
    }
    file
}

/// The file's beginning before the other's end.
fn splice(file: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    let at = random.below(file.len());
    file.truncate(at);
    let from = if random.one_in(2) { at.min(other.len()) } else { random.below(other.len()) };
    file.extend_from_slice(&other[from..]);
}

fn change(file: &mut Vec<u8>, random: &mut Random) {
    if file.len() < 16 {
        file.push(random.below(256) as u8);
        return;
    }
    let at = place(file, random);
    match random.below(16) {
        0..=2 => file[at] ^= 1 << random.below(8),
        3 => file[at] = random.below(256) as u8,
        4..=8 => write_number(file, at, random),
        9 | 10 => {
            // Where an RVA, an offset or a count may stand: what stands at another such place.
            let from = random.below(file.len() / 4) * 4;
            let word = file[from..from + 4].to_vec();
            write(file, at & !3, &word);
        }
        11 => {
            // An RVA into the first section, or a little behind it.
            let rva = 0x1000 + random.below(file.len()) as u32;
            write(file, at & !3, &rva.to_le_bytes());
        }
        12 => file.truncate(at),
        13 => {
            let range = range(at, file.len(), random);
            let to = random.below(file.len());
            let bytes = file[range].to_vec();
            if random.one_in(2) { write(file, to, &bytes) } else { drop(file.splice(to..to, bytes)) }
        }
        14 => {
            let range = range(at, file.len(), random);
            let filling = [0, 0xff, b'A'][random.below(3)];
            file[range].fill(filling);
        }
        _ => drop(file.drain(range(at, file.len(), random))),
    }
}

/// Half of the changes meet headers, which are a small part of most files.
fn place(file: &[u8], random: &mut Random) -> usize {
    let nt = u32::from_le_bytes([file[0x3c % file.len()], 0, 0, 0]) as usize;
    let wanted = match random.below(8) {
        0 => 0x3c,
        1 => nt + 4 + random.below(20),
        2 => nt + 24 + random.below(112),
        3 => nt + 24 + 96 + random.below(16 * 8 + 16),
        4 => nt + 24 + 224 + random.below(100),
        5 => 0x400 + random.below(96),
        _ => random.below(file.len()),
    };
    wanted.min(file.len() - 1)
}

fn range(start: usize, length: usize, random: &mut Random) -> std::ops::Range<usize> {
    let most = if random.one_in(4) { 600 } else { 40 };
    start..(start + 1 + random.below(most)).min(length)
}

fn write_number(file: &mut [u8], at: usize, random: &mut Random) {
    let number = INTERESTING[random.below(INTERESTING.len())];
    let number =
        if random.one_in(4) { number.wrapping_add(random.below(9) as u64).wrapping_sub(4) } else { number };
    let width = [1, 2, 4, 4, 4, 8][random.below(6)];
    let at = if random.one_in(4) { at } else { at & !(width - 1) };
    write(file, at, &number.to_le_bytes()[..width]);
}

fn write(file: &mut [u8], at: usize, bytes: &[u8]) {
    file[at..].iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
}
