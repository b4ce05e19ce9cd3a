//! One number, and how far it can be trusted, of many: the same for all languages.

/// What repeated measurements come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stat {
    /// The one in the middle.
    pub median: f64,
    /// The median absolute deviation: how far the measurements lie from the median, the middle of that. A few that were
    /// disturbed do not move either.
    pub deviation: f64,
    /// The smallest.
    pub least: f64,
    /// How many there are.
    pub count: usize,
}

impl Stat {
    /// Of measurements; `None` of none.
    #[must_use]
    pub fn of(measured: &[f64]) -> Option<Stat> {
        let median = middle(measured)?;
        let off: Vec<f64> = measured.iter().map(|one| (one - median).abs()).collect();
        Some(Stat {
            median,
            deviation: middle(&off)?,
            least: measured.iter().copied().fold(f64::INFINITY, f64::min),
            count: measured.len(),
        })
    }

    /// The deviation as a part of the median, in percent.
    #[must_use]
    pub fn spread(&self) -> f64 {
        if self.median > 0.0 { self.deviation / self.median * 100.0 } else { 0.0 }
    }

    /// How much of the earlier this is, in percent more or less; `None` where the two cannot be told apart: neither lies
    /// three deviations of both from the other.
    #[must_use]
    pub fn change(&self, earlier: &Stat) -> Option<f64> {
        let apart = (self.median - earlier.median).abs();
        let sure = apart > 3.0 * (self.deviation + earlier.deviation) && earlier.median > 0.0;
        sure.then(|| (self.median / earlier.median - 1.0) * 100.0)
    }
}

fn middle(numbers: &[f64]) -> Option<f64> {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    let upper = *sorted.get(half)?;
    Some(if sorted.len() % 2 == 1 { upper } else { f64::midpoint(sorted[half - 1], upper) })
}

/// The measurement that so many in a hundred do not exceed; `None` of none.
#[must_use]
pub fn percentile(measured: &[f64], percent: usize) -> Option<f64> {
    let mut sorted = measured.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(place).copied()
}

/// Megabytes (10^6 bytes) per second, of bytes that take so many nanoseconds.
#[must_use]
pub fn megabytes_per_second(bytes: usize, nanoseconds: f64) -> f64 {
    if nanoseconds > 0.0 { bytes as f64 * 1000.0 / nanoseconds } else { 0.0 }
}

/// A time as people read it: three digits, and a unit that fits.
#[must_use]
pub fn time(nanoseconds: f64) -> String {
    let units = [("ns", 1.0), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)];
    let of = |(unit, size): (&str, f64)| {
        let number = nanoseconds / size;
        let digits = if number < 9.995 { 2 } else { usize::from(number < 99.95) };
        format!("{number:.digits$} {unit}")
    };
    let fits = units.into_iter().find(|(_, size)| nanoseconds / size < 999.5);
    of(fits.unwrap_or(units[3]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_not_moved_by_what_was_disturbed() {
        let stat = Stat::of(&[10.0, 12.0, 11.0, 500.0, 9.0]).unwrap();
        assert_eq!((stat.median, stat.deviation, stat.least, stat.count), (11.0, 1.0, 9.0, 5));
        assert!((stat.spread() - 9.09).abs() < 0.01);
        let even = Stat::of(&[1.0, 4.0, 2.0, 3.0]).unwrap();
        assert_eq!((even.median, even.deviation), (2.5, 1.0));
        assert_eq!(Stat::of(&[]), None);
        assert_eq!(Stat::of(&[0.0]).unwrap().spread(), 0.0);
    }

    #[test]
    fn a_percentile_is_one_of_the_measurements() {
        assert_eq!(percentile(&[3.0, 1.0, 2.0], 50), Some(2.0));
        assert_eq!(percentile(&[3.0, 1.0, 2.0], 99), Some(3.0));
        assert_eq!(percentile(&[3.0, 1.0, 2.0], 0), Some(1.0));
        assert_eq!(percentile(&[], 99), None);
    }

    #[test]
    fn what_lies_within_the_spread_is_no_change() {
        let of = |median: f64, deviation: f64| Stat { median, deviation, least: median, count: 10 };
        assert_eq!(of(102.0, 1.0).change(&of(100.0, 1.0)), None);
        assert_eq!(of(110.0, 1.0).change(&of(100.0, 1.0)).map(f64::round), Some(10.0));
        assert_eq!(of(50.0, 1.0).change(&of(100.0, 1.0)).map(f64::round), Some(-50.0));
        assert_eq!(of(1.0, 0.0).change(&of(0.0, 0.0)), None);
    }

    #[test]
    fn times_have_three_digits_and_a_unit() {
        let told = [0.0, 1.234, 12.34, 123.4, 999.4, 999.6, 12_345.0, 2.5e6, 3e9, 4e12].map(time);
        let expected = [
            "0.00 ns", "1.23 ns", "12.3 ns", "123 ns", "999 ns", "1.00 µs", "12.3 µs", "2.50 ms", "3.00 s",
            "4000 s",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_byte_in_a_nanosecond_is_a_gigabyte_in_a_second() {
        assert_eq!(megabytes_per_second(1, 1.0), 1000.0);
        assert_eq!(megabytes_per_second(1, 0.0), 0.0);
    }
}
