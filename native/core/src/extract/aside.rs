//! A file that has ended a worker: its row, with nothing of it parsed.
//!
//! Promise: it is hashed piece by piece, as little code and memory as can be; where even reading it has
//! ended a worker, it is not opened.

use std::io::{self, Read};

use super::digests::Extraction;
use super::{FileRef, caught_io, note_changes};
use crate::fault;
use crate::hash::{Digests, hex};
use crate::input::{Contents, Opened};
use crate::problems::Problems;
use crate::profile::{self, Stage};
use crate::schema::Sample;

/// How a file has ended a worker.
#[derive(Debug, Clone)]
pub struct SetAside {
    /// The stage it was in.
    pub stage: String,
    /// `killed`, `cpu_time`, `stalled` or `memory`.
    pub kind: String,
    /// In words.
    pub detail: String,
    /// It may be read: what it did was not done while it was only hashed.
    pub readable: bool,
}

/// Bytes read at a time.
const PIECE: usize = 64 * 1024;

/// The row of a file that was set aside.
pub fn set_aside(
    opened: io::Result<Opened<impl Read>>,
    file: &FileRef,
    how: &SetAside,
) -> Extraction<'static> {
    let mut sample = Sample {
        file_size: file.planned.map_or(0, |(size, _)| size as i64),
        status: "crashed".to_owned(),
        ..super::unread(file)
    };
    let mut problems = Problems::default();
    problems.add(&how.stage, &how.kind, None, how.detail.as_str());
    if how.readable
        && let Err(error) =
            caught_io(|| profile::during(Stage::Hash, || hash(opened?, file, &mut sample, &mut problems)))
    {
        problems.add("read", "unreadable", None, error.to_string());
    }
    sample.problems = problems.list;
    Extraction { sample, ..Extraction::default() }
}

fn hash(
    opened: Opened<impl Read>,
    file: &FileRef,
    sample: &mut Sample,
    problems: &mut Problems,
) -> io::Result<()> {
    fault::strike_reading(&file.path);
    let Opened { bytes, size: size_at_open, mtime } = opened;
    let mut bytes = bytes.take(size_at_open);
    let mut piece = vec![0; PIECE];
    let (mut digests, mut size) = (Digests::default(), 0);
    loop {
        let read = match bytes.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        digests.update(piece.get(..read).unwrap_or_default());
        size += read as u64;
    }
    note_changes(file, &Contents { head: &[], size, size_at_open, mtime }, problems);
    let digests = digests.finish();
    sample.file_size = size as i64;
    sample.md5 = Some(hex(&digests.md5));
    sample.sha1 = Some(hex(&digests.sha1));
    sample.sha256 = Some(hex(&digests.sha256));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{SetAside, set_aside};
    use crate::extract::FileRef;
    use crate::input::Opened;
    use std::io;

    #[test]
    fn a_file_set_aside_is_hashed_or_not_even_read() {
        let file = FileRef { sample_id: 3, path: "a/b".to_owned(), path_raw: None, planned: Some((3, 0)) };
        let how = SetAside {
            stage: "import".to_owned(),
            kind: "killed".to_owned(),
            detail: "killed by SIGABRT".to_owned(),
            readable: true,
        };
        let opened = || -> io::Result<Opened<&[u8]>> { Ok(Opened { bytes: b"abc", size: 3, mtime: 0 }) };
        let row = set_aside(opened(), &file, &how).sample;
        assert_eq!((row.status.as_str(), row.file_size, row.file_name.as_str()), ("crashed", 3, "b"));
        assert_eq!(row.md5.as_deref(), Some("900150983cd24fb0d6963f7d28e17f72")); // RFC 1321, A.5
        assert_eq!(row.problems.len(), 1);
        let unread = set_aside(opened(), &file, &SetAside { readable: false, ..how.clone() }).sample;
        assert_eq!((unread.status.as_str(), unread.file_size, unread.sha256), ("crashed", 3, None));
        let gone = set_aside(Err::<Opened<&[u8]>, _>(io::ErrorKind::NotFound.into()), &file, &how).sample;
        assert_eq!((gone.status.as_str(), gone.problems.len(), gone.md5), ("crashed", 2, None));
    }
}
