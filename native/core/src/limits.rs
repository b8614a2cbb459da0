//! Every bound, with its reason. A bound that cuts something is named in `limits_hit`.
//!
//! Bounds are generous for real files and small enough that no input costs more than a fraction of
//! a second or more memory than a small multiple of its size.

/// Problems kept for one file. Real broken files have fewer than ten; a hostile one could have a
/// problem an import.
pub const MAX_PROBLEMS: usize = 64;

/// Characters of a problem's detail: a line on a terminal, not a copy of the input.
pub const MAX_PROBLEM_DETAIL: usize = 200;

/// Bytes of a window: files that are not held whole are read, hashed and scanned in pieces of this
/// size, and a buffer larger than this is given back after its file.
pub const WINDOW: usize = 64 << 20;

/// Default bound of what is held whole and parsed as PE (`--max-file-size`). The largest sample of
/// the dataset has 201,367,304 bytes; two workers with one such file each stay under 1 GiB.
pub const MAX_FILE_SIZE: u64 = 256 << 20;

/// Bytes that a record may hold however many others its batch has: a 512th of what a batch may.
/// Real records hold some 10 KB, the largest import list known about 4 MB.
pub const RECORD_SHARE: usize = 128 * 1024;

/// Bytes that the records of a batch may hold together. Beyond them a record over its share gives
/// its lists up (`record_size`), or small files that name one string a thousand times would fill
/// the memory of worker and store. Real batches hold less than 10 MB.
pub const MAX_BATCH_RECORD_BYTES: usize = 64 << 20;

/// Bytes of records that wait to be written: they are doubled while they become columns.
pub const RECORDS_CHUNK_BYTES: usize = 16 << 20;

/// Slowest files that a batch reports, for the commit record.
pub const MAX_SLOWEST: usize = 20;

/// Bytes of text kept of one static string (`string_length`). A file of one character is one string
/// as long as itself; the longest in real files are scripts and certificates of a few megabytes.
pub const MAX_STRING_BYTES: usize = 16 << 20;

/// Rows of a row group of strings: what a reader decodes to filter on one sample.
pub const STRING_ROW_GROUP_ROWS: usize = 1_000_000;

/// Bytes of text in a row group of strings, and so the size of the arena they wait in.
pub const STRING_ROW_GROUP_BYTES: usize = 64 << 20;

/// Sections read. The data set's largest table has 72, pefile reads 2,048; a header can declare 65,535.
pub const MAX_SECTIONS: usize = 2_048;

/// `e_lfanew` up to which the bytes before it are searched for Rich data. Real stubs end below 4 KiB;
/// the search costs a pass over them.
pub const MAX_DOS_STUB: usize = 64 * 1024;

/// Entries read of one directory, all its tables together. The longest real import list has some
/// 50,000 functions, an export table 65,536 ordinals and as many names; descriptors that share one
/// thunk table multiply.
pub const MAX_DIRECTORY_STEPS: usize = 262_144;

/// Bytes of names kept of one directory. The longest real import list has 1,018,291 characters.
pub const MAX_DIRECTORY_TEXT: usize = 2 * 1024 * 1024;

/// Bytes of one name. MSVC's longest decorated name has 4,096; pefile cuts at 512.
pub const MAX_NAME: usize = 4_096;

/// `WIN_CERTIFICATE` entries read. Signed files have one, seldom two (1 of 200 measured); an entry
/// of 8 bytes is allowed, so that a table could hold millions.
pub const MAX_WIN_CERTIFICATES: usize = 64;

/// Certificates kept for one file. Real signatures carry a chain or two, about ten at most; a
/// hostile one is two bytes long and becomes a row of 300.
pub const MAX_CERTIFICATES: usize = 256;

/// Bytes of one certificate. Real ones have 1 to 4 KiB; each is kept as PEM, and its key again.
pub const MAX_CERTIFICATE_BYTES: usize = 256 * 1024;

/// Attributes of a subject or issuer. Real names have up to a dozen; a hostile one is 11 bytes long
/// and becomes three strings.
pub const MAX_NAME_ATTRIBUTES: usize = 128;

/// Bytes of text of one name attribute. X.520 allows 64 to 128 characters for those of a
/// certificate's subject, and the longest of 434 real certificates has 50.
pub const MAX_NAME_VALUE_BYTES: usize = 8 * 1024;

/// Bytes of a serial number. RFC 5280 allows 20; writing it in decimal costs their square.
pub const MAX_SERIAL_BYTES: usize = 256;

/// Bytes of a file's beginning that its magic is told from: what libmagic 5.44 reads by default
/// (`MAGIC_PARAM_BYTES_MAX`, 7 MiB). With fewer, a self-extractor's archive far into the file would
/// go unseen; with more, the answers would differ from libmagic's.
pub const MAGIC_BYTES: usize = 7 * 1024 * 1024;

/// Bytes whose encoding is looked at: libmagic's default (`MAGIC_PARAM_ENCODING_MAX`).
pub const MAGIC_ENCODING_BYTES: usize = 64 * 1024;

/// Level past which JSON is no longer JSON to libmagic; a container is two levels deeper than its
/// parent, so this bounds the stack to 251 entries.
pub const MAGIC_JSON_LEVELS: usize = 500;
