//! Sizes.

use super::plural;

/// Bytes for people: two digits, at least, in the unit that fits.
#[must_use]
pub fn size(bytes: u64) -> String {
    let mut units = ["KiB", "MiB", "GiB", "TiB"].into_iter();
    if bytes < 1024 {
        return plural(usize::try_from(bytes).unwrap_or_default(), "byte");
    }
    let (mut amount, mut unit) = (bytes as f64 / 1024.0, units.next());
    while amount >= 1024.0 && units.len() > 0 {
        (amount, unit) = (amount / 1024.0, units.next());
    }
    format!("{amount:.1} {}", unit.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_the_unit_that_fits() {
        for (bytes, expected) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (1023, "1023 bytes"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (5 << 30, "5.0 GiB"),
            (3000 << 40, "3000.0 TiB"),
        ] {
            assert_eq!(size(bytes), expected);
        }
    }
}
