//! `UTCTime` and `GeneralizedTime` as seconds since 1970.
//!
//! BER's shorter forms pass: no seconds, no minutes, an offset in place of `Z`, neither (read as
//! UTC). A date that does not exist is none. Fractions of a second are dropped.

use crate::asn1::der::Element;
use crate::column::Timestamp;

/// The point in time that `element` states; none if it is of another type or no date.
pub fn timestamp(element: &Element) -> Option<Timestamp> {
    let mut digits = Digits { rest: element.content };
    let year = match element.identifier {
        // RFC 5280, section 4.1.2.5.1: 50 to 99 are of the 20th century.
        0x17 => match digits.pair()? {
            year @ 50.. => 1900 + year,
            year => 2000 + year,
        },
        0x18 => digits.pair()? * 100 + digits.pair()?,
        _ => return None,
    };
    let (month, day, hour) = (digits.pair()?, digits.pair()?, digits.pair()?);
    let minute = digits.pair().unwrap_or(0);
    let second = digits.pair().unwrap_or(0);
    digits.skip_fraction();
    let offset = digits.offset_seconds()?;
    if !(1..=12).contains(&month) || !(1..=days_in_month(year, month)).contains(&day) {
        return None;
    }
    // Second 60 is a leap second.
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let days = days_since_1970(year, month, day);
    Some(Timestamp(days * 86_400 + hour * 3_600 + minute * 60 + second - offset))
}

struct Digits<'a> {
    rest: &'a [u8],
}

impl Digits<'_> {
    /// The next two digits; nothing is taken where there are none.
    fn pair(&mut self) -> Option<i64> {
        let ([tens @ b'0'..=b'9', ones @ b'0'..=b'9'], rest) = self.rest.split_first_chunk::<2>()? else {
            return None;
        };
        self.rest = rest;
        Some(((tens - b'0') * 10 + (ones - b'0')) as i64)
    }

    fn skip_fraction(&mut self) {
        if let Some((b'.' | b',', rest)) = self.rest.split_first() {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            self.rest = rest.get(digits..).unwrap_or_default();
        }
    }

    /// Seconds east of UTC; none if something else follows.
    fn offset_seconds(&mut self) -> Option<i64> {
        let sign = match self.rest {
            [] | [b'Z'] => return Some(0),
            [b'+', ..] => 1,
            [b'-', ..] => -1,
            _ => return None,
        };
        self.rest = self.rest.get(1..)?;
        let (hours, minutes) = (self.pair()?, self.pair().unwrap_or(0));
        self.rest.is_empty().then_some(sign * (hours * 3_600 + minutes * 60))
    }
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days of the proleptic Gregorian calendar, in years that begin on 1 March so that the leap day
/// ends them.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month_index) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (153 * month_index + 2) / 5 + day - 1 - 719_468
}
