//! Single values from the tables: the module's name, constants, field data, the type library's id
//! (ECMA-335 II.22.9, II.22.10, II.22.18, II.22.30).

use crate::limits::{MAX_CLR_CONSTANT, MAX_CLR_ROWS, MAX_CLR_STEPS, MAX_NAME};
use crate::pe::text;
use crate::pe::walk::Walk;

use super::Metadata;
use super::heaps::counted;
use super::layout::{self, tag};

/// `ELEMENT_TYPE_STRING`.
const STRING: u32 = 0x0e;

impl Metadata<'_> {
    /// Name and MVID of the module.
    pub(super) fn module(&self, walk: &mut Walk<'_, '_, '_>) -> (Option<String>, Option<String>) {
        let Some(row) = self.tables.rows(layout::MODULE).next() else { return (None, None) };
        (self.heaps.text(row.value(1), walk), self.heaps.guid(row.value(2), walk))
    }

    /// File offsets of `FieldRVA`, but for what only memory holds.
    pub(super) fn field_offsets(&self, walk: &mut Walk<'_, '_, '_>) -> Option<Vec<i64>> {
        self.list(layout::FIELD_RVA, MAX_CLR_STEPS, walk, |row, walk| {
            let rva = u64::from(row.value(0));
            walk.image.data_at(rva, 1).filter(|data| !data.is_empty())?;
            walk.image.offset_of(rva).map(|offset| offset as i64)
        })
    }

    /// The constants of type string.
    pub(super) fn constants(&self, walk: &mut Walk<'_, '_, '_>) -> Option<Vec<String>> {
        self.list(layout::CONSTANT, MAX_CLR_ROWS, walk, |row, walk| {
            // The word's second byte is padding.
            if row.value(0) & 0xff != STRING {
                return None;
            }
            let blob = self.heaps.blob(row.value(2), walk)?;
            if blob.len() > MAX_CLR_CONSTANT {
                walk.limit("clr_constant");
            }
            let constant = text::escaped_utf16(blob.get(..MAX_CLR_CONSTANT).unwrap_or(blob));
            walk.keep(constant.len()).then_some(constant)
        })
    }

    /// The string that the assembly's `GuidAttribute` was given, by yara-x's rule: the attribute is
    /// one whose constructor is a member of a referred type of that name.
    pub(super) fn typelib(&self, walk: &mut Walk<'_, '_, '_>) -> Option<String> {
        for row in self.tables.rows(layout::CUSTOM_ATTRIBUTE) {
            if !walk.step() {
                break;
            }
            let is_guid = row
                .coded(0, tag::ATTRIBUTE_OF_ASSEMBLY)
                .and_then(|_| row.coded(1, tag::TYPE_IS_MEMBER_REF))
                .and_then(|number| {
                    self.tables.row(layout::MEMBER_REF, number)?.coded(0, tag::PARENT_IS_TYPE_REF)
                })
                .and_then(|number| self.tables.row(layout::TYPE_REF, number))
                .is_some_and(|class| self.heaps.is_text(class.value(1), "GuidAttribute"));
            if is_guid {
                // Prolog 0x0001, then the string.
                let value = self.heaps.blob(row.value(2), walk)?;
                let (guid, _) = value.get(2..).and_then(counted)?;
                if guid.len() > MAX_NAME {
                    walk.limit("name_length");
                }
                return Some(text::escaped(guid.get(..MAX_NAME).unwrap_or(guid)));
            }
        }
        None
    }
}
