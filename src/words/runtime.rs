//! A runtime that a team has pinned: a language, a release of its protobuf library, and the back end it runs on.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::Language;

/// A release of a language's protobuf library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Age {
    /// Major, minor and patch.
    pub version: [u16; 3],
    /// Python without its compiled part: the back end in Python alone.
    pub pure: bool,
}

/// A release in a language: `python=4.25.8`, `python=7.36.2+pure`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pinned {
    /// The language.
    pub language: Language,
    /// The release.
    pub age: Age,
}

/// What is no release.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PinnedError {
    /// No `=`.
    #[error("`{0}` is not LANGUAGE=VERSION")]
    Shape(String),
    /// No language.
    #[error("`{0}` names no language")]
    Language(String),
    /// No version.
    #[error("`{0}` is no version: it has three numbers, and `+pure` behind them where that is meant")]
    Version(String),
}

impl Age {
    /// As reports say it: `4.25`, `7.36 pure`.
    #[must_use]
    pub fn short(self) -> String {
        let [major, minor, _] = self.version;
        format!("{major}.{minor}{}", if self.pure { " pure" } else { "" })
    }

    /// The version alone: `4.25.8`.
    #[must_use]
    pub fn number(self) -> String {
        self.version.map(|n| n.to_string()).join(".")
    }
}

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.number(), if self.pure { "+pure" } else { "" })
    }
}

impl FromStr for Age {
    type Err = PinnedError;

    fn from_str(text: &str) -> Result<Age, PinnedError> {
        let wrong = || PinnedError::Version(text.to_owned());
        let (numbers, pure) = match text.strip_suffix("+pure") {
            Some(numbers) => (numbers, true),
            None => (text, false),
        };
        // Go's versions begin with a `v`.
        let numbers = numbers.strip_prefix('v').unwrap_or(numbers);
        let plain = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let parts: Vec<&str> = numbers.split('.').collect();
        let parts =
            parts.iter().map(|part| Some(part).filter(|p| plain(p)).and_then(|p| p.parse::<u16>().ok()));
        let parts: Vec<u16> = parts.collect::<Option<_>>().ok_or_else(wrong)?;
        let version = <[u16; 3]>::try_from(parts).map_err(|_| wrong())?;
        Ok(Age { version, pure })
    }
}

impl fmt::Display for Pinned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.language.as_str(), self.age)
    }
}

impl Pinned {
    /// Reads `LANGUAGE=VERSION,VERSION`.
    ///
    /// # Errors
    ///
    /// A word that is no language, or a version that is none.
    pub fn list(text: &str) -> Result<Vec<Pinned>, PinnedError> {
        let (language, ages) = text.split_once('=').ok_or_else(|| PinnedError::Shape(text.to_owned()))?;
        let language = Language::named(language).ok_or_else(|| PinnedError::Language(language.to_owned()))?;
        ages.split(',').map(|age| Ok(Pinned { language, age: age.parse()? })).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_and_told_as_they_are_written() {
        let all = Pinned::list("python=4.25.8,7.36.2+pure").unwrap();
        assert_eq!(
            all.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["python=4.25.8", "python=7.36.2+pure"]
        );
        assert_eq!(all[1].age.short(), "7.36 pure");
        assert_eq!(Pinned::list("go=v1.28.1").unwrap()[0].to_string(), "go=1.28.1");
    }

    #[test]
    fn what_is_no_release_is_told() {
        let wrong = |text: &str| Pinned::list(text).unwrap_err().to_string();
        assert_eq!(wrong("python"), "`python` is not LANGUAGE=VERSION");
        assert_eq!(wrong("perl=1.2.3"), "`perl` names no language");
        for text in ["python=", "python=4.25", "python=4.25.8+fast", "python=4.+5.8", "python=4.25.99999"] {
            assert!(wrong(text).contains("is no version: it has three numbers"), "{text}");
        }
    }
}
