use super::rule::Rule;
pub(super) const BEFORE_PROGRAMS: &[Rule] = &[];
pub(super) const AFTER_PROGRAMS: &[Rule] = &[];
pub(super) const TEXTS: &[Rule] = &[];
