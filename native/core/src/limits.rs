//! Every bound, with its reason. A bound that cuts something is named in `limits_hit`.
//!
//! Bounds are generous for real files and small enough that no input costs more than a fraction of
//! a second or more memory than a small multiple of its size.

use std::time::Duration;

/// Problems kept for one file. Real broken files have fewer than ten; a hostile one could have a
/// problem an import.
pub const MAX_PROBLEMS: usize = 64;

/// Characters of a problem's detail: a line on a terminal, not a copy of the input.
pub const MAX_PROBLEM_DETAIL: usize = 200;

/// Bytes of a window: files that are not held whole are read, hashed and scanned in pieces of this
/// size, and a buffer larger than this is given back after its file.
pub const WINDOW: usize = 64 << 20;

/// Bytes of files that are in memory together, so that they are hashed side by side: a batch of the plan.
/// A single file of up to `MAX_FILE_SIZE` has the memory that it needs.
pub const GROUP_BYTES: usize = 100 << 20;

/// Default bound of what is held whole and parsed as PE (`--max-file-size`). The largest sample of
/// the dataset has 201,367,304 bytes; two workers with one such file each stay under 1 GiB.
pub const MAX_FILE_SIZE: u64 = 256 << 20;

/// Bytes that a record may hold however many others its batch has: a 512th of what a batch may.
/// Real records hold some 10 KB, the largest import list known about 4 MB.
pub const RECORD_SHARE: usize = 64 * 1024;

/// Bytes that records over their share may take of a batch's. Beyond them such a record gives its lists
/// up (`record_size`), or small files that name one string a thousand times would fill the worker's
/// memory: with 512 records of their share a batch holds twice this. Real batches hold less than 10 MB.
pub const MAX_BATCH_RECORD_BYTES: usize = 32 << 20;

/// Bytes of records that wait to be encoded: they are doubled while they become columns.
pub const RECORDS_CHUNK_BYTES: usize = 16 << 20;

/// Rows of a row group of samples, which a reader holds as a whole: what a shard of a run has at most.
pub const SAMPLES_ROW_GROUP_ROWS: usize = 4_096;

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

/// Rows and user strings looked at in one file's CLR metadata. The largest of 1,511 real .NET files
/// has some 100,000; a row is at least 2 bytes and a user string 1, so this is a walk of milliseconds.
pub const MAX_CLR_STEPS: usize = 4_194_304;

/// Metadata streams read (`clr_streams`). Real files have five or six, protected ones up to 163; a
/// header can declare 65,535.
pub const MAX_CLR_STREAMS: usize = 256;

/// GUIDs kept of the `#GUID` heap (`clr_guids`). Each of 1,511 real files has one, an edited one has
/// one a generation.
pub const MAX_CLR_GUIDS: usize = 256;

/// Bytes of one string constant (`clr_constant`). Real ones are names and format strings; rows may
/// share a blob as large as the file.
pub const MAX_CLR_CONSTANT: usize = 64 * 1024;

/// Bytes of a public key or its token (`clr_public_key`). RSA-4096 has 544; each is kept and hashed.
pub const MAX_CLR_PUBLIC_KEY: usize = 16 * 1024;

/// Resources listed. The most of 3,431 real files are 2,980; yara-x reads 65,536. A row costs some 400
/// bytes, and eight bytes of directory can make one.
pub const MAX_RESOURCES: usize = 65_536;

/// Bytes of resources hashed, as a multiple of the file's. The distinct ranges of each of 3,431
/// real files come to less than one.
pub const RESOURCE_BYTES_PER_FILE_BYTE: usize = 2;

/// Bytes of resources whose magic is told, weighed as `pe::resource` says, at most: a file may spend
/// this or its own size and a mebibyte. About a second of work at worst; of 3,431 real files two need
/// 7.2 M, the others less than 4 M.
pub const MAX_RESOURCE_MAGIC_COST: usize = 12 << 20;

/// Bytes of version resources read. There is one a language, of about a kilobyte: 31,324 bytes are the
/// most of 3,431 real files. Eight bytes make a string.
pub const MAX_VERSION_BYTES: usize = 1 << 20;

/// Characters of a string table's key, which is repeated for each of its strings. Real ones have 8.
pub const MAX_VERSION_BLOCK: usize = 32;

/// Bytes of manifest kept. The longest of 216 real ones has 1,993; those that list COM classes are longer.
pub const MAX_MANIFEST_BYTES: usize = 1 << 20;

/// Signatures kept for one file, and PKCS#7 read of its certificate table. Real files have one or
/// two, one inside the other; a hostile one is a few bytes long.
pub const MAX_SIGNATURES: usize = 64;

/// Signatures one inside the other. Real ones are one deep: signing tools put every further
/// signature into the first.
pub const MAX_SIGNATURE_DEPTH: usize = 8;

/// Bytes of all signatures and timestamps read of one file, one inside another counted again. Real
/// ones have 5 to 50 KiB, some 2 MiB with the page hashes of 200 MB; bytes of indefinite length cost
/// a pass for each level.
pub const MAX_SIGNATURE_BYTES: usize = 16 * 1024 * 1024;

/// Attributes read of one signer, signed and not signed each. Real signers have up to ten.
pub const MAX_SIGNER_ATTRIBUTES: usize = 64;

/// Bytes of a signature's program name or URL. Real ones have up to 200.
pub const MAX_SIGNATURE_TEXT_BYTES: usize = 8 * 1024;

/// Bytes of a digest. SHA-512 has 64, and no longer digest is in use.
pub const MAX_DIGEST_BYTES: usize = 64;

/// COFF symbol records counted. The largest real tables, of Go programs, have some 200,000.
pub const MAX_COFF_SYMBOLS: usize = 1 << 20;

/// Bytes of section data hashed, as a multiple of the file's size (`section_bytes`). The distinct windows of
/// each of 3,431 real files come to less than one; 2,048 that all but cover a file of 100 MB would be 200 GB.
pub const MAX_SECTION_PASSES: usize = 2;

/// Bytes searched for the marks of packers, compilers and installers at each of their places. Marks stand
/// at the beginning or end of what holds them.
pub const MAX_MARK_BYTES: usize = 64 * 1024;

/// Sections searched for such marks. Real files have one or two of a kind.
pub const MAX_MARK_SECTIONS: usize = 8;

/// Bytes of resources or CLR metadata searched for such marks, which stand where their tables end.
pub const MAX_MARK_TABLE_BYTES: usize = 1 << 20;

/// Debug directory entries read. Real files have up to six; each becomes a row, and may name the same data.
pub const MAX_DEBUG_ENTRIES: usize = 256;

/// Bytes of a Repro hash or PDB checksum: SHA-512 has 64.
pub const MAX_DEBUG_HASH: usize = 64;

/// TLS callbacks kept. Real files have up to three; LIEF reads 3,000.
pub const MAX_TLS_CALLBACKS: usize = 4_096;

/// Kinds of dynamic relocations kept. Windows defines some ten, and drivers name a few addresses.
pub const MAX_DYNAMIC_RELOCATIONS: usize = 1_024;

/// Base relocations counted. The largest DLLs have some 2 million; 16 million are counted in 20 ms.
pub const MAX_RELOCATIONS: i64 = 16 * 1024 * 1024;

/// Functions of the exception directory whose unwind record is read. Chromium's DLL, the largest
/// common one, has some 700,000; each costs a lookup.
pub const MAX_RUNTIME_FUNCTIONS: usize = 1024 * 1024;

/// Rows kept of one CLR table. The most references of 1,511 real files are some hundreds; a row of a few
/// bytes becomes a hundred.
pub const MAX_CLR_ROWS: usize = 65_536;

/// Bytes of an object identifier. The longest in use have about 30.
pub const MAX_OID_BYTES: usize = 128;

/// Bytes of DLL names that the imphash repeats, one for each function. Real lists come to 2 MB; a name of
/// 16 KiB and 260,000 ordinals would come to 4 GB.
pub const MAX_IMPHASH_BYTES: usize = 32 << 20;

/// Bytes of long section names together. Real ones have 5 to 30 each.
pub const MAX_SECTION_TEXT: usize = 64 << 10;

/// Bits of an RSA modulus with which a signature is verified: the largest in use is 4,096, and the time
/// grows with the square.
pub const MAX_RSA_BITS: usize = 8192;

/// Bytes of an RSA exponent with which a signature is verified: all in use fit three, and the time grows
/// with their number. The crate takes up to 2^33.
pub const MAX_RSA_EXPONENT_BYTES: usize = 4;

/// Steps (see `work`) that verifying the signatures of a file may take: some 65 keys of 2,048 bits, where
/// real files have four signatures and countersignatures at most. 128 keys of 8,192 bits would take 0.3 s.
pub const MAX_VERIFICATION_STEPS: usize = 400_000;

/// CPU time that one file may take, whatever its size. The slowest of 3,431 real files, of 27 MB, is read,
/// scanned and parsed in 0.08 s, and in 0.13 s without SIMD.
pub const FILE_CPU: Duration = Duration::from_secs(10);

/// CPU time that it may take beyond that, a megabyte. Those files take 6 ms a megabyte with all that is
/// done for them, and 13 ms without SIMD.
pub const FILE_CPU_PER_MB: Duration = Duration::from_secs(1);

/// CPU time that may pass within one stage. Digests of a batch of 100 MB without SIMD take 0.6 s; this is
/// what ends a loop in a file of 200 MB, whose own share would be minutes.
pub const STAGE_CPU: Duration = Duration::from_secs(30);

/// Time without progress and without CPU time after which a file is said to wait for its disk.
pub const IO_WAIT: Duration = Duration::from_secs(10);

/// Bytes of data that a worker process may have beyond what its runtime has at its first batch and the
/// files that are held: room for twice the text of strings (64 MiB), for records as they are encoded
/// (64 MiB) and their largest column four times more while it is written, a window and the parser's lists.
/// A file of 244 MiB that is all strings takes some 340 MB with the file itself, on Node.
pub const WORKER_MEMORY: u64 = 512 << 20;
