//! Which instructions the kernels use: the best that the machine has, or what `MERC_CPU` asks for.
//!
//! Promise: a path that is named is one that the machine can run. What each kernel makes of a path
//! is its own; all give the same results on every path.

use std::sync::OnceLock;

/// Environment variable that names a path.
pub const VARIABLE: &str = "MERC_CPU";

/// Instructions that may be used, in ascending order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Path {
    /// What every machine of the architecture has.
    Portable,
    /// AVX2, BMI1, BMI2 and POPCNT, which came with it.
    Avx2,
    /// AVX-512 F, BW and VL, and what AVX2 asks for.
    Avx512,
}

impl Path {
    /// All of them, ascending.
    pub const ALL: [Self; 3] = [Self::Portable, Self::Avx2, Self::Avx512];

    /// Its name in `MERC_CPU`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }

    /// Whether the machine can run it.
    pub fn is_there(self) -> bool {
        self == Self::Portable || has(self)
    }
}

#[cfg(target_arch = "x86_64")]
fn has(path: Path) -> bool {
    let avx2 = is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("popcnt");
    let avx512 = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl");
    avx2 && (avx512 || path < Path::Avx512)
}

#[cfg(not(target_arch = "x86_64"))]
fn has(_: Path) -> bool {
    false
}

/// The paths that the machine can run, ascending; never none.
pub fn paths() -> impl Iterator<Item = Path> {
    Path::ALL.into_iter().filter(|path| path.is_there())
}

/// The path to take: what is forced, or else the best there is. A `MERC_CPU` that cannot be
/// followed changes nothing here; `forced` says so, for the caller to end the run.
pub fn path() -> Path {
    static PATH: OnceLock<Path> = OnceLock::new();
    *PATH.get_or_init(|| forced().ok().flatten().or_else(|| paths().last()).unwrap_or(Path::Portable))
}

/// The path that `MERC_CPU` names; none where it is not set or empty.
///
/// # Errors
/// A message for the user, where it names no path or one that the machine lacks.
pub fn forced() -> Result<Option<Path>, String> {
    parse(&std::env::var(VARIABLE).unwrap_or_default(), Path::is_there)
}

fn parse(name: &str, is_there: impl Fn(Path) -> bool) -> Result<Option<Path>, String> {
    if name.is_empty() {
        return Ok(None);
    }
    match Path::ALL.into_iter().find(|path| path.name() == name) {
        Some(path) if is_there(path) => Ok(Some(path)),
        Some(path) => Err(format!("{VARIABLE}={name}: this machine lacks {}", path.name())),
        None => {
            let names = Path::ALL.map(Path::name).join(", ");
            Err(format!("{VARIABLE}={name}: not one of {names}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Path, parse, path, paths};

    #[test]
    fn a_name_is_a_path_the_machine_has_or_an_error_that_says_why() {
        assert_eq!(parse("", |_| false), Ok(None));
        assert_eq!(parse("portable", |_| true), Ok(Some(Path::Portable)));
        assert_eq!(parse("avx512", |_| true), Ok(Some(Path::Avx512)));
        let up_to_avx2 = |path| path <= Path::Avx2;
        assert_eq!(parse("avx2", up_to_avx2), Ok(Some(Path::Avx2)));
        assert_eq!(parse("avx512", up_to_avx2), Err("MERC_CPU=avx512: this machine lacks avx512".to_owned()));
        assert_eq!(
            parse("AVX2", |_| true),
            Err("MERC_CPU=AVX2: not one of portable, avx2, avx512".to_owned())
        );
    }

    #[test]
    fn the_portable_path_is_always_there_and_the_path_taken_is_there() {
        assert_eq!(paths().next(), Some(Path::Portable));
        assert!(path().is_there());
    }
}
