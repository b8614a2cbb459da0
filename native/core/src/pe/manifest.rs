//! The application manifest, and what it asks of User Account Control.
//!
//! Not an XML parser: one pass over the text that knows comments, `CDATA`, processing instructions
//! and attributes, finds the first `requestedExecutionLevel` whatever its namespace prefix, and so
//! reads manifests that are not well-formed too. Source: Windows SDK, "Application manifests".

use crate::limits::MAX_MANIFEST_BYTES;
use crate::problems::Problems;
use crate::schema::Manifest;
use crate::work;

use super::resource_tree::Leaf;
use super::{Image, text};

const RT_MANIFEST: u32 = 24;

const STAGE: &str = "manifest";

/// The first manifest among `leaves` that has bytes; `None` where there is none.
pub fn manifest(image: &Image<'_>, leaves: &[Leaf], problems: &mut Problems) -> Option<Manifest> {
    let leaf = leaves.iter().find(|leaf| leaf.is(RT_MANIFEST) && leaf.size > 0)?;
    let offset = image.offset_of(leaf.rva.into());
    let data = leaf.data(image);
    if data.is_empty() {
        problems.add(STAGE, "data_missing", offset, format!("{} bytes", leaf.size));
        return None;
    }
    let kept = data.get(..MAX_MANIFEST_BYTES).unwrap_or(data);
    if kept.len() < data.len() {
        problems.limit("manifest_bytes");
    }
    let text = decoded(kept);
    let element = requested_execution_level(&text).unwrap_or_default();
    let ui_access = element.ui_access.and_then(|value| match value.trim() {
        "true" => Some(true),
        "false" => Some(false),
        other => {
            problems.odd(STAGE, "ui_access", offset, other);
            None
        }
    });
    Some(Manifest { requested_execution_level: element.level.map(str::to_owned), ui_access, text })
}

/// UTF-8 or UTF-16, by the byte order mark or by the NUL beside the first `<`; NULs that fill up the end are dropped.
fn decoded(bytes: &[u8]) -> String {
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => text::escaped_utf16(rest),
        [0xfe, 0xff, rest @ ..] => text::escaped_utf16(&swapped(rest)),
        [b'<', 0, ..] => text::escaped_utf16(bytes),
        [0, b'<', ..] => text::escaped_utf16(&swapped(bytes)),
        [0xef, 0xbb, 0xbf, rest @ ..] => text::escaped(rest),
        _ => text::escaped(bytes),
    };
    text.trim_end_matches('\0').to_owned()
}

fn swapped(bytes: &[u8]) -> Vec<u8> {
    let (units, _) = bytes.as_chunks::<2>();
    units.iter().flat_map(|&[high, low]| [low, high]).collect()
}

#[derive(Default)]
struct ExecutionLevel<'a> {
    level: Option<&'a str>,
    ui_access: Option<&'a str>,
}

/// The first element of that name outside comments; `None` where the text ends before one.
fn requested_execution_level(text: &str) -> Option<ExecutionLevel<'_>> {
    let mut rest = text;
    work::pass(text.len());
    loop {
        rest = rest.get(rest.find('<')?..)?;
        let skipped = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>"), ("</", ">")];
        if let Some((open, close)) = skipped.iter().find(|(open, _)| rest.starts_with(open)) {
            let inside = rest.get(open.len()..)?;
            rest = inside.get(inside.find(close)? + close.len()..)?;
            continue;
        }
        let tag = rest.get(1..)?;
        let name_end = tag.find(|c: char| c.is_whitespace() || matches!(c, '/' | '>' | '<'))?;
        let (name, behind) = tag.split_at_checked(name_end)?;
        if name.rsplit(':').next() == Some("requestedExecutionLevel") {
            return Some(attributes(behind));
        }
        rest = behind;
    }
}

/// The two attributes among those that `rest`, the text behind an element's name, begins with.
fn attributes(mut rest: &str) -> ExecutionLevel<'_> {
    let mut found = ExecutionLevel::default();
    loop {
        rest = rest.trim_start();
        let Some((name, behind)) = rest.split_once('=').filter(|(name, _)| !name.contains(['<', '>', '/']))
        else {
            return found;
        };
        let behind = behind.trim_start();
        let Some((value, behind)) = ['"', '\'']
            .into_iter()
            .find_map(|quote| behind.strip_prefix(quote).and_then(|behind| behind.split_once(quote)))
        else {
            return found;
        };
        match name.trim_end() {
            "level" => found.level = Some(value),
            "uiAccess" => found.ui_access = Some(value),
            _ => {}
        }
        rest = behind;
    }
}

#[cfg(test)]
mod tests {
    use super::{decoded, requested_execution_level};

    fn asked(text: &str) -> Option<(Option<&str>, Option<&str>)> {
        requested_execution_level(text).map(|element| (element.level, element.ui_access))
    }

    #[test]
    fn the_level_is_found_under_any_prefix_quote_and_order_of_attributes() {
        let both = Some((Some("asInvoker"), Some("false")));
        for text in [
            "<a><requestedExecutionLevel level=\"asInvoker\" uiAccess=\"false\"/></a>",
            "<ms_asmv2:requestedExecutionLevel uiAccess = 'false'\r\n\tlevel\n=\n'asInvoker'></x>",
            "<?xml version=\"1.0\"?><x y=\"a>b\"><requestedExecutionLevel x=\"/>\" level=\"asInvoker\" uiAccess=\"false\"",
        ] {
            assert_eq!(asked(text), both, "{text}");
        }
        assert_eq!(asked("<requestedExecutionLevel level='a'><b uiAccess='true'>"), Some((Some("a"), None)));
    }

    #[test]
    fn a_level_in_a_comment_or_in_cdata_is_not_asked_for() {
        for text in [
            "<!-- <requestedExecutionLevel level='a'/> -->",
            "<![CDATA[<requestedExecutionLevel level='a'/>]]>",
            "<!-- <requestedExecutionLevel level='a'/>",
            "</requestedExecutionLevel level='a'>",
            "<requestedExecutionLevels level='a'/>",
            "<requestedExecutionLevel",
            "",
        ] {
            assert_eq!(asked(text), None, "{text}");
        }
    }

    #[test]
    fn utf16_is_told_by_its_mark_or_by_its_first_character() {
        let wide: Vec<u8> = "<a>é".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = "<a>é".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let utf8 = "<a>é".as_bytes();
        for bytes in [
            utf8.to_vec(),
            [b"\xef\xbb\xbf", utf8].concat(),
            [utf8, b"\0\0"].concat(),
            [&b"\xff\xfe"[..], &wide].concat(),
            [&b"\xfe\xff"[..], &big].concat(),
            wide,
            big,
        ] {
            assert_eq!(decoded(&bytes), "<a>é", "{bytes:x?}");
        }
    }
}
