//! Runs a table of rules over a file's head the way libmagic 5.44 runs its compiled magic.
//!
//! Its quirks are kept, because they show in what is printed: a "differs" test holds where there is
//! nothing to read, "otherwise" asks whether any row of its level has matched, and an offset counts
//! from the last row that matched one level up, or failed to leave a position. Steps are bounded by
//! the table's length; a search by its range.

use crate::work;

use super::compare::{compare, number_holds, order_holds, printable, search, sign_extend};
use super::rule::{
    At, BINARY_ONLY, BLANKS, BLANKS_MAY_LACK, Cmp, FOLD, Order, Pointer, Rule, TEXT_ONLY, Test, Then,
};

/// Deeper than any table goes.
const LEVELS: usize = 16;

/// libmagic copies this much of a string before it compares or prints it.
const STRING: usize = 127;

/// What the first group of `table` that says anything says; `looks_like_text` decides which groups
/// are tried.
pub(super) fn first_match(table: &[Rule], data: &[u8], whole: bool, looks_like_text: bool) -> Option<String> {
    let mut rest = table;
    while let Some((top, after)) = rest.split_first() {
        work::steps(1);
        let length = after.iter().position(|rule| rule.level == 0).unwrap_or(after.len());
        let (refinements, next) = after.split_at(length);
        rest = next;
        if begins_otherwise(top, data) {
            continue;
        }
        if is_tried(top, looks_like_text) && (whole || !matches!(top.at, At::End(_))) {
            let mut matcher = Matcher::new(data);
            matcher.group(top, refinements);
            if matcher.found {
                return Some(matcher.said);
            }
        }
    }
    None
}

/// Whether the first byte that a group asks for, at one place, is another: so it is with nearly all of them.
fn begins_otherwise(top: &Rule, data: &[u8]) -> bool {
    let (At::Start(at), Test::Bytes { order: Order::Same, value, flags }) = (top.at, top.test) else {
        return false;
    };
    let found = usize::try_from(at).ok().and_then(|at| data.get(at));
    flags & (FOLD | BLANKS | BLANKS_MAY_LACK) == 0
        && found.zip(value.first()).is_some_and(|(found, wanted)| found != wanted)
}

fn is_tried(top: &Rule, looks_like_text: bool) -> bool {
    let (Test::Bytes { flags, .. } | Test::Find { flags, .. }) = top.test else { return true };
    match flags & (TEXT_ONLY | BINARY_ONLY) {
        TEXT_ONLY => looks_like_text,
        BINARY_ONLY => !looks_like_text,
        _ => true,
    }
}

struct Matcher<'a> {
    data: &'a [u8],
    /// Where a nested table's offsets count from.
    origin: u32,
    offset: u32,
    /// Where the last match of each level ended.
    ends: [u32; LEVELS],
    matched: [bool; LEVELS],
    said: String,
    separate: bool,
    found: bool,
}

/// A row that holds: the value to print, and where it ends.
struct Hit {
    value: i64,
    end: u32,
}

impl<'a> Matcher<'a> {
    fn new(data: &'a [u8]) -> Self {
        Self {
            data,
            origin: 0,
            offset: 0,
            ends: [0; LEVELS],
            matched: [false; LEVELS],
            said: String::new(),
            separate: false,
            found: false,
        }
    }

    fn group(&mut self, top: &Rule, refinements: &[Rule]) {
        let Some(hit) = self.run(top, 0) else { return };
        self.say(top, &hit);
        if self.leave(0, hit.end) {
            self.refine(refinements);
        }
    }

    fn refine(&mut self, rules: &[Rule]) {
        let mut level = 1;
        self.set_matched(level, false);
        for rule in rules {
            work::steps(1);
            let depth = usize::from(rule.level);
            if depth > level {
                continue;
            }
            level = depth;
            let Some(hit) = self.run(rule, level) else { continue };
            if self.matched.get(level) == Some(&true) && matches!(rule.test, Test::Otherwise) {
                continue;
            }
            self.set_matched(level, true);
            self.say(rule, &hit);
            if self.leave(level, hit.end) {
                level += 1;
            }
            self.set_matched(level, false);
        }
    }

    fn set_matched(&mut self, level: usize, matched: bool) {
        if let Some(slot) = self.matched.get_mut(level) {
            *slot = matched;
        }
    }

    /// Notes where a match ended; false where that is outside the data.
    fn leave(&mut self, level: usize, end: u32) -> bool {
        let inside = end as usize <= self.data.len();
        if let (true, Some(slot)) = (inside, self.ends.get_mut(level)) {
            *slot = end;
        }
        inside
    }

    fn say(&mut self, rule: &Rule, hit: &Hit) {
        if rule.say.is_empty() {
            return;
        }
        self.found = true;
        let text = match rule.say.strip_prefix('~') {
            Some(glued) => glued,
            None if self.separate => {
                self.said.push(' ');
                rule.say
            }
            None => rule.say,
        };
        self.separate = true;
        // At most one value a row, and put in once: a string from the file is never read as a pattern.
        let split = text.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)));
        let Some((before, (name, after))) = split else {
            self.said.push_str(text);
            return;
        };
        self.said.push_str(before);
        self.said.push_str(&self.value(name, hit));
        self.said.push_str(after);
    }

    fn value(&self, name: &str, hit: &Hit) -> String {
        match name {
            // C prints zero without the prefix, and a signed word as the int it is promoted to.
            "x" if hit.value == 0 => "0".to_owned(),
            "x" => format!("{:#x}", hit.value as u32),
            "u" => hit.value.to_string(),
            "section" => printable(self.section()).into_owned(),
            "t" => printable(self.string()).trim().to_owned(),
            "3s" => printable(self.string()).chars().take(3).collect(),
            _ => printable(self.string()).into_owned(),
        }
    }

    /// The string at the current offset, as far as libmagic prints it.
    fn string(&self) -> &'a [u8] {
        let start = self.offset.wrapping_add(self.origin) as usize;
        let tail = self.data.get(start..).unwrap_or_default();
        let tail = tail.get(..STRING).unwrap_or(tail);
        let end = tail.iter().position(|byte| matches!(byte, 0 | b'\r' | b'\n')).unwrap_or(tail.len());
        tail.get(..end).unwrap_or_default()
    }

    /// A section's name with the bracket that closes it; empty where there is none.
    fn section(&self) -> &'a [u8] {
        let tail = self.data.get(self.offset as usize..).unwrap_or_default();
        let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'(' | b')' | b' ');
        let length = tail.iter().take_while(is_name).count();
        match tail.get(length..) {
            Some([b']', b'\r', ..]) if length > 0 => tail.get(..=length).unwrap_or_default(),
            _ => &[],
        }
    }

    fn last(&self, level: usize) -> u32 {
        level.checked_sub(1).and_then(|above| self.ends.get(above)).copied().unwrap_or(0)
    }

    fn has(&self, offset: u32, length: usize) -> bool {
        (offset as usize).checked_add(length).is_some_and(|end| end <= self.data.len())
    }

    fn little(&self, offset: u32, size: usize) -> Option<u64> {
        self.number(offset, size, false)
    }

    /// A number; a nested table may look past the end, where libmagic reads zeros.
    fn number(&self, offset: u32, size: usize, big: bool) -> Option<u64> {
        let mut bytes = [0_u8; 8];
        for (index, slot) in bytes.iter_mut().take(size).enumerate() {
            *slot = self.data.get((offset as usize).checked_add(index)?).copied().unwrap_or(0);
        }
        Some(if big {
            u64::from_be_bytes(bytes) >> (64 - 8 * size.clamp(1, 8))
        } else {
            u64::from_le_bytes(bytes)
        })
    }

    /// Follows a pointer; nothing where the pointer or its sum does not fit.
    fn follow(&self, pointer: &Pointer, level: usize) -> Option<u32> {
        let start = self.offset;
        if !self.has(start, pointer.size) {
            return None;
        }
        let value = self.little(start.wrapping_add(self.origin), pointer.size)? as i64;
        let operand = match pointer.then {
            Then::Add(operand) | Then::Times(operand) => operand,
            Then::AddLongAt(distance) => {
                let other = i64::from(start) + i64::from(distance);
                let other = u32::try_from(other).ok().filter(|other| self.has(*other, 4))?;
                self.little(other, 4)? as i64
            }
        };
        let limit = i64::from(u32::MAX);
        if value >= limit || operand >= limit {
            return None;
        }
        let sum = match pointer.then {
            Then::Times(unit) => value * unit,
            _ => value + operand,
        };
        if sum >= limit {
            return None;
        }
        // A negative sum wraps, so that it lies outside any file until the last offset is added.
        let mut target = sum as u32;
        if pointer.from_last {
            target = target.wrapping_add(self.last(level));
            if target == 0 {
                return None;
            }
        }
        Some(target)
    }

    fn run(&mut self, rule: &Rule, level: usize) -> Option<Hit> {
        let mut origin = self.origin;
        let reached = match rule.at {
            At::Start(offset) => {
                self.offset = offset as u32;
                true
            }
            At::Last(offset) => {
                self.offset = self.last(level).wrapping_add_signed(offset);
                true
            }
            At::End(distance) => match u32::try_from(self.data.len() as i64 + i64::from(distance)) {
                Ok(offset) => {
                    self.offset = offset;
                    true
                }
                Err(_) => return None,
            },
            At::Via(pointer) => {
                let base = if pointer.at_last { self.last(level) } else { 0 };
                self.offset = base.wrapping_add_signed(pointer.at);
                let target = self.follow(&pointer, level);
                if let Some(target) = target {
                    self.offset = target;
                    origin = 0;
                }
                target.is_some()
            }
        };
        self.check(rule, reached, origin)
    }

    fn check(&mut self, rule: &Rule, reached: bool, origin: u32) -> Option<Hit> {
        let offset = self.offset;
        let place = offset.wrapping_add(origin);
        match rule.test {
            Test::Bytes { order, value, flags } => {
                let there = reached && self.has(offset, value.len());
                let end = match order {
                    Order::Same | Order::Differs => offset.wrapping_add(value.len() as u32),
                    Order::Below | Order::Above => offset.wrapping_add(self.string().len() as u32),
                };
                let holds = if there {
                    let data = self.data.get(place as usize..).unwrap_or_default();
                    order_holds(compare(value, data, flags), order)
                } else {
                    order == Order::Differs
                };
                holds.then_some(Hit { value: 0, end })
            }
            Test::AnyString => {
                let there = reached && self.has(offset, 0);
                there.then(|| Hit { value: 0, end: offset.wrapping_add(self.string().len() as u32) })
            }
            Test::Find { range, value, wanted, flags } => {
                let data = self.data.get(place as usize..).unwrap_or_default();
                let there = reached && self.has(offset, value.len());
                let found = if there { search(data, range, value, flags) } else { None };
                let start = offset.min(self.data.len() as u32);
                let end = start.wrapping_add((found.unwrap_or(0) + value.len()) as u32);
                (found.is_some() == wanted).then_some(Hit { value: 0, end })
            }
            Test::Number { size, big, signed, mask, cmp, value } => {
                let end = offset.wrapping_add(size as u32);
                if !(reached && self.has(offset, size)) {
                    return (cmp == Cmp::Ne).then_some(Hit { value: 0, end });
                }
                let raw = self.number(place, size, big)? & mask;
                let number = if signed { sign_extend(raw, size) } else { raw as i64 };
                number_holds(number, signed, cmp, value).then_some(Hit { value: number, end })
            }
            Test::Section => {
                let head = self.section();
                (reached && !head.is_empty())
                    .then(|| Hit { value: 0, end: offset.wrapping_add(head.len() as u32 + 1) })
            }
            Test::Otherwise => reached.then_some(Hit { value: 0, end: offset }),
            Test::Table(rules) => {
                if !(reached && self.has(offset, 0)) {
                    return None;
                }
                self.nested(rules, place).then_some(Hit { value: 0, end: offset })
            }
        }
    }

    /// Runs another table from `place`; tables do not nest deeper than one.
    fn nested(&mut self, rules: &[Rule], place: u32) -> bool {
        if self.origin != 0 {
            return false;
        }
        let (offset, ends, matched) = (self.offset, self.ends, self.matched);
        let found_before = std::mem::take(&mut self.found);
        self.origin = place;
        self.ends = [0; LEVELS];
        self.refine(rules);
        let found = std::mem::replace(&mut self.found, found_before);
        self.found |= found;
        (self.offset, self.ends, self.matched, self.origin) = (offset, ends, matched, 0);
        found
    }
}
