//! What older releases of the runtimes do differently: one table, a row for each range of releases.
//!
//! Source of every row: runs of the releases that are named in it; `ci/truth` holds each against its model. A row
//! says what differs from the newest release ([`Reader::PYTHON`] and the others), and nothing else is written down
//! anywhere. The nearest row below a version is that version's.

use thiserror::Error;

use super::reader::{EmptyInAny, Reader, Utf8};
use crate::words::{Language, Pinned};

/// A range of releases that read alike.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The language.
    pub language: Language,
    /// Whether it is the back end in Python alone.
    pub pure: bool,
    /// The first release.
    pub from: [u16; 3],
    /// The newest edition that it takes, by its number in descriptor.proto.
    pub edition: i32,
    /// The releases of the range that the model was held against.
    pub tried: &'static [&'static str],
    /// How they read.
    pub reader: Reader,
}

/// Go before 1.36.12: of text that is to be a number the first one is read, and nothing else.
const GO_TOKENS: Reader = Reader { json_cuts_numbers: true, ..Reader::GO };
/// Before 1.35.2: an Empty has to be the `value` of an Any.
const GO_EMPTY: Reader = Reader { json_empty: EmptyInAny::Value, ..GO_TOKENS };
/// Go before 1.32: an unknown name of an enum is refused also by a parser that is told to pass over what it does not know.
const GO_NAMES: Reader = Reader { json_skips_enums: false, ..GO_EMPTY };
/// Python without its compiled part, in its newest release.
const PURE: Reader = Reader {
    utf8: Utf8::Always,
    whole_entries: false,
    zeroes_entries: true,
    clears_for_unlisted: true,
    short_tags: false,
    json_cuts_enums: false,
    ..Reader::PYTHON
};
/// Python on upb before 6.33: of a number that a closed enum does not list 32 bits are kept.
const UPB_32: Reader = Reader { cuts_unlisted: true, ..Reader::PYTHON };
/// Before 6.30: text is read by `int()`.
const UPB_INT: Reader = Reader { json_takes_exponents: false, ..UPB_32 };
/// The same, and -0 is as false as 0.
const PURE_INT: Reader = Reader { json_takes_exponents: false, drops_minus_zero: true, ..PURE };

/// The same before 5.27: an unknown name of an enum is refused also by a parser that is told to pass over what it does
/// not know.
const UPB_NAMES: Reader = Reader { json_skips_enums: false, ..UPB_INT };
/// As [`UPB_NAMES`].
const PURE_NAMES: Reader = Reader { json_skips_enums: false, ..PURE_INT };

/// The rows of a language stand by back end, the newest first.
pub static ROWS: [Row; 22] = [
    go([1, 36, 12], EDITION_2024, &["1.36.12"], Reader::GO),
    go([1, 35, 2], EDITION_2023, &["1.35.2", "1.36.11"], GO_TOKENS),
    go([1, 34, 0], EDITION_2023, &["1.34.2"], GO_EMPTY),
    go([1, 32, 0], EDITION_NONE, &["1.32.0", "1.33.0"], GO_EMPTY),
    go([1, 28, 0], EDITION_NONE, &["1.28.1", "1.30.0", "1.31.0"], GO_NAMES),
    java([4, 36, 0], EDITION_ANY, &["4.36.2"]),
    java([4, 32, 0], EDITION_2024, &["4.32.1", "4.33.6", "4.35.1"]),
    java([4, 27, 0], EDITION_2023, &["4.27.5", "4.29.5", "4.31.1"]),
    java([3, 21, 0], EDITION_NONE, &["3.21.12", "3.25.8", "4.26.1"]),
    python(false, [7, 36, 0], EDITION_ANY, &["7.36.2"], Reader::PYTHON),
    python(false, [6, 33, 0], EDITION_2024, &["6.33.0"], Reader::PYTHON),
    python(false, [6, 32, 1], EDITION_2024, &["6.32.1"], UPB_32),
    python(false, [6, 30, 0], EDITION_2023, &["6.30.0", "6.31.1"], UPB_32),
    python(false, [5, 27, 0], EDITION_2023, &["5.27.0", "5.29.5"], UPB_INT),
    python(false, [5, 26, 0], EDITION_2023, &["5.26.1"], UPB_NAMES),
    python(false, [4, 22, 0], EDITION_NONE, &["4.22.5", "4.25.8"], UPB_NAMES),
    python(true, [7, 36, 0], EDITION_ANY, &["7.36.2"], PURE),
    python(true, [6, 32, 1], EDITION_2024, &["6.32.1", "6.33.0"], PURE),
    python(true, [6, 30, 0], EDITION_2023, &["6.30.0", "6.31.1"], PURE),
    python(true, [5, 27, 0], EDITION_2023, &["5.27.0", "5.29.5"], PURE_INT),
    python(true, [5, 26, 0], EDITION_2023, &["5.26.1"], PURE_NAMES),
    python(true, [3, 20, 0], EDITION_NONE, &["3.20.3", "4.21.12", "4.25.8"], PURE_NAMES),
];

/// No edition: some of these releases take a file of one for proto2, and say nothing.
const EDITION_NONE: i32 = 0;
/// `EDITION_2023` in descriptor.proto.
const EDITION_2023: i32 = 1000;
/// `EDITION_2024`.
const EDITION_2024: i32 = 1001;
/// All that protopact compiles.
const EDITION_ANY: i32 = i32::MAX;

const fn go(from: [u16; 3], edition: i32, tried: &'static [&'static str], reader: Reader) -> Row {
    Row { language: Language::Go, pure: false, from, edition, tried, reader }
}

/// All releases of Java that were tried read alike.
const fn java(from: [u16; 3], edition: i32, tried: &'static [&'static str]) -> Row {
    Row { language: Language::Java, pure: false, from, edition, tried, reader: Reader::JAVA }
}

const fn python(
    pure: bool,
    from: [u16; 3],
    edition: i32,
    tried: &'static [&'static str],
    reader: Reader,
) -> Row {
    Row { language: Language::Python, pure, from, edition, tried, reader }
}

/// A release that there is no model of.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is no model of `{pinned}`")]
pub struct NoModel {
    /// The release.
    pub pinned: Pinned,
}

impl NoModel {
    /// What there is a model of.
    #[must_use]
    pub fn hint(&self) -> String {
        let of = |pure: bool| {
            let rows =
                ROWS.iter().filter(move |row| row.language == self.pinned.language && row.pure == pure);
            rows.map(|row| row.from).min()
        };
        let from = |[major, minor, patch]: [u16; 3]| format!("{major}.{minor}.{patch} and later");
        match (of(false), of(true)) {
            (None, None) => {
                format!("of {} only the newest release takes part", self.pinned.language.title())
            }
            (upb, pure) => {
                let plain = upb.map(from);
                let pure = pure.map(|v| format!("with `+pure` {}", from(v)));
                let all: Vec<String> = plain.into_iter().chain(pure).collect();
                format!("there are models of {}", all.join(", "))
            }
        }
    }
}

/// How a release reads.
///
/// # Errors
///
/// Nobody has tried a release as old, or of that language.
pub fn reader(pinned: Pinned) -> Result<Reader, NoModel> {
    Ok(Reader { age: Some(pinned.age), ..row(pinned)?.reader })
}

/// The row of a release.
///
/// # Errors
///
/// As of [`reader`].
pub fn row(pinned: Pinned) -> Result<&'static Row, NoModel> {
    let of = |row: &&Row| {
        row.language == pinned.language && row.pure == pinned.age.pure && row.from <= pinned.age.version
    };
    ROWS.iter().filter(of).max_by_key(|row| row.from).ok_or(NoModel { pinned })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Result<Reader, NoModel> {
        reader(Pinned::list(text).unwrap()[0])
    }

    #[test]
    fn the_nearest_row_below_is_the_one() {
        assert!(!one("python=4.25.8").unwrap().json_skips_enums);
        assert!(!one("python=5.26.1").unwrap().json_skips_enums);
        assert!(one("python=5.27.0").unwrap().json_skips_enums);
        assert!(!one("python=6.29.9").unwrap().json_takes_exponents);
        assert_eq!(
            one("python=7.36.2").unwrap(),
            Reader { age: one("python=7.36.2").unwrap().age, ..Reader::PYTHON }
        );
        assert!(!one("go=v1.31.0").unwrap().json_skips_enums);
        assert!(one("go=v1.32.0").unwrap().json_skips_enums);
        assert!(one("python=7.36.2+pure").unwrap().zeroes_entries);
        assert_eq!(one("python=7.36.2+pure").unwrap().title(), "Python 7.36 pure");
    }

    #[test]
    fn what_was_never_tried_has_no_model() {
        let error = one("python=3.20.3").unwrap_err();
        assert_eq!(error.to_string(), "there is no model of `python=3.20.3`");
        assert_eq!(error.hint(), "there are models of 4.22.0 and later, with `+pure` 3.20.0 and later");
        let error = one("go=1.27.1").unwrap_err();
        assert_eq!(error.hint(), "there are models of 1.28.0 and later");
        assert_eq!(one("java=3.20.3").unwrap_err().hint(), "there are models of 3.21.0 and later");
        assert_eq!(one("rust=0.13.0").unwrap_err().hint(), "of Rust only the newest release takes part");
    }

    #[test]
    fn every_release_that_was_tried_is_of_its_row() {
        for row in &ROWS {
            for version in row.tried {
                let pure = if row.pure { "+pure" } else { "" };
                let model = one(&format!("{}={version}{pure}", row.language.as_str())).unwrap();
                assert_eq!(Reader { age: None, ..model }, row.reader, "{version}{pure}");
            }
        }
    }
}
