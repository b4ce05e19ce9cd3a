//! Dates as people write them in files.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// A day of the Gregorian calendar, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(i64);

impl Date {
    /// The day of a moment, in UTC.
    #[must_use]
    pub fn of(now: SystemTime) -> Date {
        let seconds = now.duration_since(UNIX_EPOCH).map_or(0, |past| past.as_secs());
        Date((seconds / 86_400) as i64)
    }

    /// The day of a time of git's: seconds since 1970.
    #[must_use]
    pub fn of_seconds(seconds: i64) -> Date {
        Date(seconds.div_euclid(86_400))
    }

    /// Reads `2026-01-31`, and of a time (RFC 3339) the day. `None` for what is no day.
    #[must_use]
    pub fn parse(text: &str) -> Option<Date> {
        let (day, rest) = (text.get(..10)?, &text[10..]);
        if !(rest.is_empty() || rest.starts_with(['T', 't', ' '])) {
            return None;
        }
        let [year, month, day] = <[&str; 3]>::try_from(day.split('-').collect::<Vec<_>>()).ok()?;
        let number = |text: &str, digits: usize| {
            let plain = text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
            plain.then(|| text.parse::<i64>().ok()).flatten()
        };
        let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
        let date = Date::from_civil(year, month, day);
        // The thirtieth of February is another day.
        (date.civil() == (year, month, day)).then_some(date)
    }

    /// How many days later another day is.
    #[must_use]
    pub fn days_until(self, other: Date) -> i64 {
        other.0 - self.0
    }

    /// The day so many days later.
    #[must_use]
    pub fn after(self, days: u32) -> Date {
        Date(self.0 + i64::from(days))
    }

    // Years are counted from March here, so that a leap day is the last of its year.
    fn from_civil(year: i64, month: i64, day: i64) -> Date {
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let of_era = year - era * 400;
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        Date(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
    }

    fn civil(self) -> (i64, i64, i64) {
        let days = self.0 + 719_468;
        let era = days.div_euclid(146_097);
        let of_era = days - era * 146_097;
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        (year + era * 400 + i64::from(month <= 2), month, day)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn days_are_read_and_written() {
        for text in ["1970-01-01", "2000-02-29", "2026-12-31", "2100-03-01", "9999-12-31", "0001-01-01"] {
            assert_eq!(Date::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Date::parse("2026-01-31T10:00:00Z"), Date::parse("2026-01-31"));
        for text in ["2026-02-30", "2026-13-01", "2026-1-01", "1.2.0", "2026-01-31x", "+026-01-01", "äääää"]
        {
            assert_eq!(Date::parse(text), None, "{text}");
        }
        let moment = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        assert_eq!(Date::of(moment).to_string(), "2023-11-14");
        assert_eq!(Date::of(moment).days_until(Date::parse("2024-03-01").unwrap()), 108);
    }
}
