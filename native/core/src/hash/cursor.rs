//! A message as the 64-byte blocks that MD5, SHA-1 and SHA-256 read.
//!
//! Blocks come straight from the message, in runs as long as its parts; only a block that straddles two
//! parts and the one or two blocks that hold the padding are copied.

use super::job::Job;

/// What one step of a compression function reads.
pub(super) type Block = [u8; 64];

/// A place in a message, always at a block's start.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    /// Blocks of the message that come next.
    run: &'a [Block],
    /// Behind `run`: the part that it lies in, and the parts after that.
    part: &'a [u8],
    rest: &'a [&'a [u8]],
    /// Where `run` is empty, blocks `next..end` of these come next: of the first to MD5, of the second to
    /// the SHAs. They differ in the byte order of the length in the padding.
    copied: [[Block; 2]; 2],
    next: usize,
    end: usize,
    /// Bytes of the message; none once the padding is among `copied`.
    length: Option<u64>,
}

impl<'a> Cursor<'a> {
    /// The start of the job's message.
    pub(super) fn new(job: &Job<'a>) -> Self {
        let mut cursor = Self {
            run: &[],
            part: job.first,
            rest: job.rest,
            copied: [[[0; 64]; 2]; 2],
            next: 0,
            end: 0,
            length: Some(job.length()),
        };
        cursor.find_run();
        cursor
    }

    /// Blocks that come next, as MD5 and as the SHAs read them: as many, none at the end of the message.
    pub(super) fn blocks(&self) -> [&[Block]; 2] {
        if !self.run.is_empty() {
            return [self.run; 2];
        }
        self.copied.each_ref().map(|blocks| blocks.get(self.next..self.end).unwrap_or_default())
    }

    /// Goes `count` of the blocks forward.
    pub(super) fn advance(&mut self, count: usize) {
        if self.run.is_empty() {
            self.next += count;
        } else {
            self.run = self.run.get(count..).unwrap_or_default();
        }
        if self.run.is_empty() && self.next >= self.end {
            self.find_run();
        }
    }

    /// Bytes of the message that come next; what is copied is a block or two, and not counted.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn left(&self) -> usize {
        let parts = self.rest.iter().map(|part| part.len()).sum::<usize>();
        size_of_val(self.run) + self.part.len() + parts
    }

    /// Whether the message with its padding is read.
    pub(super) fn is_at_end(&self) -> bool {
        self.run.is_empty() && self.next >= self.end
    }

    /// The next run in a part; else a block put together from several; else the padding.
    fn find_run(&mut self) {
        let [[block, _], [same, _]] = &mut self.copied;
        (self.next, self.end) = (0, 0);
        let mut held = 0;
        loop {
            if held == 0 {
                (self.run, self.part) = self.part.as_chunks();
                if !self.run.is_empty() {
                    return;
                }
            }
            let (_, room) = block.split_at_mut(held);
            let (taken, part) = self.part.split_at(room.len().min(self.part.len()));
            let (room, _) = room.split_at_mut(taken.len());
            room.copy_from_slice(taken);
            held += taken.len();
            self.part = part;
            if held == block.len() {
                *same = *block;
                self.end = 1;
                return;
            }
            let Some((part, rest)) = self.rest.split_first() else { break };
            (self.part, self.rest) = (part, rest);
        }
        if let Some(length) = self.length.take() {
            (self.copied, self.next) = padding(*block, held, length);
            self.end = 2;
        }
    }
}

/// The end of a message of `length` bytes whose last `held` bytes begin `block`: a one bit, zeros, and the
/// length in bits at a block's end. What comes next to MD5 and to the SHAs, from the second block on where
/// one is enough; the place of the first.
pub(super) fn padding(mut block: Block, held: usize, length: u64) -> ([[Block; 2]; 2], usize) {
    let bits = length.wrapping_mul(8);
    let mut fits = false;
    if let Some([end, zeros @ ..]) = block.get_mut(held..) {
        *end = 0x80;
        zeros.fill(0);
        fits = zeros.len() >= size_of_val(&bits);
    }
    let last = if fits { [[0; 64], block] } else { [block, [0; 64]] };
    let mut padded = [last; 2];
    for (blocks, bits) in padded.iter_mut().zip([bits.to_le_bytes(), bits.to_be_bytes()]) {
        if let Some(end) = blocks.as_flattened_mut().last_chunk_mut() {
            *end = bits;
        }
    }
    (padded, usize::from(fits))
}
