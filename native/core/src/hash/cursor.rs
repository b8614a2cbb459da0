//! A message as the 64-byte blocks that MD5, SHA-1 and SHA-256 read.
//!
//! Blocks come straight from the message, in runs as long as its parts; only a block that straddles two
//! parts and the one or two blocks that hold the padding are copied.

use super::job::Job;

/// What one step of a compression function reads.
pub(super) type Block = [u8; 64];

/// The byte order of the length in the padding: all in which the blocks of two algorithms differ.
#[derive(Debug, Clone, Copy)]
pub(super) enum Order {
    /// MD5's.
    Little,
    /// That of the SHAs.
    Big,
}

/// A place in a message, always at a block's start.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    /// Blocks of the message that come next.
    run: &'a [Block],
    /// Behind `run`: the part that it lies in, and the parts after that.
    part: &'a [u8],
    rest: &'a [&'a [u8]],
    /// Where `run` is empty, blocks `next..end` of these come next, by `Order`.
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

    /// Blocks that come next: as many in either order, none at the end of the message.
    pub(super) fn blocks(&self, order: Order) -> &[Block] {
        let [little, big] = &self.copied;
        let copied = match order {
            _ if !self.run.is_empty() => return self.run,
            Order::Little => little,
            Order::Big => big,
        };
        copied.get(self.next..self.end).unwrap_or_default()
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
            let room = block.get_mut(held..).unwrap_or_default();
            let (taken, part) = self.part.split_at(room.len().min(self.part.len()));
            room.iter_mut().zip(taken).for_each(|(to, from)| *to = *from);
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
            self.pad(held, length);
        }
    }

    /// A one bit, zeros, and the length in bits at a block's end, behind the last `held` bytes.
    fn pad(&mut self, held: usize, length: u64) {
        self.end = if held < 56 { 1 } else { 2 };
        let [[block, _], _] = self.copied;
        let bits = length.wrapping_mul(8);
        for (blocks, bits) in self.copied.iter_mut().zip([bits.to_le_bytes(), bits.to_be_bytes()]) {
            let bytes = blocks.as_flattened_mut();
            bytes.fill(0);
            bytes.iter_mut().zip(block.iter().take(held).chain(&[0x80])).for_each(|(to, from)| *to = *from);
            let length = bytes.iter_mut().take(self.end * 64).rev().zip(bits.iter().rev());
            length.for_each(|(to, from)| *to = *from);
        }
    }
}
