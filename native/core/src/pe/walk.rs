//! One walk through a directory of a hostile file: what it may cost, and what it met.
//!
//! Steps and text are counted over the whole directory, because tables may be shared and repeated:
//! a cap on each would not bound their product. Each kind of oddity is noted once, at its first place.

use crate::limits::{MAX_DIRECTORY_STEPS, MAX_DIRECTORY_TEXT, MAX_NAME};
use crate::problems::Problems;
use crate::work;

use super::{Image, text};

/// A walk that is under way.
#[derive(Debug)]
pub(super) struct Walk<'i, 'a, 'p> {
    pub(super) image: &'i Image<'a>,
    problems: &'p mut Problems,
    stage: &'static str,
    steps: usize,
    text: usize,
    spent: bool,
    noted: Vec<&'static str>,
}

/// What stands where the next descriptor of a list is looked for.
pub(super) enum Descriptor<'a, const N: usize> {
    /// One more.
    Entry(&'a [u8; N]),
    /// The end of the list.
    Zeros,
    /// The end of the file.
    Cut,
}

impl<'i, 'a, 'p> Walk<'i, 'a, 'p> {
    /// `stage` is the stage of its problems; its limits are `<stage>_steps` and `<stage>_text`.
    pub(super) fn new(image: &'i Image<'a>, stage: &'static str, problems: &'p mut Problems) -> Self {
        Self::with_steps(image, stage, MAX_DIRECTORY_STEPS, problems)
    }

    /// A walk that may take another number of steps.
    pub(super) fn with_steps(
        image: &'i Image<'a>,
        stage: &'static str,
        steps: usize,
        problems: &'p mut Problems,
    ) -> Self {
        Self { image, problems, stage, steps, text: MAX_DIRECTORY_TEXT, spent: false, noted: Vec::new() }
    }

    /// What stands at `rva` in a list of descriptors that ends with one of zeros; a problem where the file ends first.
    pub(super) fn descriptor<const N: usize>(&mut self, rva: u64) -> Descriptor<'a, N> {
        match self.image.data_at(rva, N).unwrap_or_default().first_chunk() {
            Some(descriptor) if descriptor == &[0; N] => Descriptor::Zeros,
            Some(descriptor) => Descriptor::Entry(descriptor),
            None => {
                self.note("descriptors_unterminated", self.image.offset_of(rva), format!("{rva:#x}"));
                Descriptor::Cut
            }
        }
    }

    /// Counts one table entry; false where the walk has to end.
    pub(super) fn step(&mut self) -> bool {
        work::steps(1);
        if self.steps == 0 {
            self.spend("steps");
        }
        self.steps = self.steps.saturating_sub(1);
        !self.spent
    }

    /// Whether steps or text were not enough: what is not read by now will not be.
    pub(super) fn is_spent(&self) -> bool {
        self.spent
    }

    fn spend(&mut self, what: &str) {
        if !self.spent {
            self.spent = true;
            self.problems.limit(&format!("{}_{what}", self.stage));
        }
    }

    /// Counts `len` bytes of text that are kept; false where there is no room for them.
    pub(super) fn keep(&mut self, len: usize) -> bool {
        let left = self.text.checked_sub(len);
        if left.is_none() {
            self.spend("text");
        }
        self.text = left.unwrap_or(self.text);
        left.is_some()
    }

    /// Whether a list of `rows` may grow; where not, the limit `name` has cut it.
    pub(super) fn has_room(&mut self, rows: usize, most: usize, name: &str) -> bool {
        if rows >= most {
            self.problems.limit(name);
        }
        rows < most
    }

    /// Notes that the limit `name`, which is not the walk's own, cut something.
    pub(super) fn limit(&mut self, name: &str) {
        self.problems.limit(name);
    }

    /// The text of `name`, what stands before its NUL; `None` where there is no room for it.
    pub(super) fn text(&mut self, name: &[u8]) -> Option<String> {
        let text = text::escaped(name);
        if !self.keep(text.len()) {
            return None;
        }
        if name.len() == MAX_NAME {
            self.problems.limit("name_length");
        }
        Some(text)
    }

    /// The name at `rva`, up to its NUL; `None` where nothing is mapped or the text is spent. RVA 0 is
    /// the absent name, not the `MZ` that stands there.
    pub(super) fn name_at(&mut self, rva: u64) -> Option<String> {
        let Some(bytes) = self.image.text_at(rva).filter(|_| rva != 0) else {
            self.note("name_unmapped", None, format!("{rva:#x}"));
            return None;
        };
        let name = self.text(bytes)?;
        // Every byte is looked at: a loop that may end early is not vectorised.
        if !bytes.iter().fold(true, |printable, byte| printable & matches!(byte, b' '..=b'~')) {
            self.note("name_unprintable", self.image.offset_of(rva), name.clone());
        }
        Some(name)
    }

    /// Notes the first oddity of `kind` that costs the row nothing.
    pub(super) fn odd(&mut self, kind: &'static str, offset: Option<u64>, detail: impl Into<String>) {
        if !self.noted.contains(&kind) {
            self.noted.push(kind);
            self.problems.odd(self.stage, kind, offset, detail);
        }
    }

    /// Notes the first oddity of `kind`.
    pub(super) fn note(&mut self, kind: &'static str, offset: Option<u64>, detail: impl Into<String>) {
        if !self.noted.contains(&kind) {
            self.noted.push(kind);
            self.problems.add(self.stage, kind, offset, detail);
        }
    }
}
