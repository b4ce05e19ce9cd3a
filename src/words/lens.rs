//! Lenses, their directions, what happens through them, and words that select some of them.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::language::{Language, languages};
use crate::text::nearest;

/// Whom a change is looked at for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lens {
    /// The binary encoding.
    Wire,
    /// ProtoJSON.
    Json,
    /// gRPC calls: method paths, streaming, existence.
    Rpc,
    /// HTTP calls as `google.api.http` describes them.
    Http,
    /// The values that validation rules (protovalidate, protoc-gen-validate) accept.
    Validation,
    /// Source code that uses the package generated for a language.
    Source(Language),
}

macro_rules! table {
    ($($name:ident $variant:ident $title:literal),*) => {
        impl Lens {
            /// Every lens in report order.
            pub const ALL: [Lens; 5 + Language::ALL.len()] = [
                Lens::Wire,
                Lens::Json,
                Lens::Rpc,
                Lens::Http,
                Lens::Validation,
                $(Lens::Source(Language::$variant)),*
            ];

            /// The name in configuration and reports.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    Lens::Wire => "wire",
                    Lens::Json => "json",
                    Lens::Rpc => "rpc",
                    Lens::Http => "http",
                    Lens::Validation => "validation",
                    $(Lens::Source(Language::$variant) => concat!("source.", stringify!($name))),*
                }
            }
        }
    };
}

languages!(table);

impl Lens {
    /// The name of those that people think of as one: the lenses of all languages are `source`.
    #[must_use]
    pub fn group(self) -> &'static str {
        match self {
            Lens::Source(_) => SOURCE,
            Lens::Wire | Lens::Json | Lens::Rpc | Lens::Http | Lens::Validation => self.as_str(),
        }
    }

    /// Whether the lens has two directions. Source lenses have one: code written against the old SDK, built
    /// with the new one.
    #[must_use]
    pub fn has_directions(self) -> bool {
        !matches!(self, Lens::Source(_))
    }
}

/// The lenses of all languages, as one word.
const SOURCE: &str = "source";

/// Which way data or calls go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// The new side reads what the old side wrote; old client, new server; old code, new SDK.
    Backward,
    /// The old side reads what the new side wrote; new client, old server.
    Forward,
}

impl Direction {
    /// Both.
    pub const ALL: [Direction; 2] = [Direction::Backward, Direction::Forward];

    /// The name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Direction::Backward => "backward",
            Direction::Forward => "forward",
        }
    }
}

/// The directions that a contract keeps, by the names that schema registries gave them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// New readers read what old writers wrote.
    Backward,
    /// Old readers read what new writers write.
    Forward,
    /// Both.
    Full,
}

impl Mode {
    /// All of them.
    pub const ALL: [Mode; 3] = [Mode::Backward, Mode::Forward, Mode::Full];

    /// The name on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Backward => "backward",
            Mode::Forward => "forward",
            Mode::Full => "full",
        }
    }

    /// What follows the name where all versions are meant, and not one.
    pub const TRANSITIVE: &str = "-transitive";

    /// The names on the command line, those for all versions after those for one.
    pub const NAMES: [&str; 6] =
        ["backward", "forward", "full", "backward-transitive", "forward-transitive", "full-transitive"];

    /// The mode of a name for one version or for all, and whether it is for all.
    #[must_use]
    pub fn of_either(name: &str) -> Option<(Mode, bool)> {
        match name.strip_suffix(Mode::TRANSITIVE) {
            Some(name) => Some((Mode::of(name)?, true)),
            None => Some((Mode::of(name)?, false)),
        }
    }

    /// The mode of a name.
    #[must_use]
    pub fn of(name: &str) -> Option<Mode> {
        Mode::ALL.into_iter().find(|mode| mode.as_str() == name)
    }

    /// Whether data or calls that go this way have to be read.
    #[must_use]
    pub fn keeps(self, direction: Direction) -> bool {
        match self {
            Mode::Backward => direction == Direction::Backward,
            Mode::Forward => direction == Direction::Forward,
            Mode::Full => true,
        }
    }

    /// What is left of a selector, with every direction named: what is new counts where old readers have to read it.
    #[must_use]
    pub fn narrow(self, selector: LensSelector) -> Vec<LensSelector> {
        let lens = selector.lens;
        if !lens.has_directions() {
            // Code written for the old SDK, built with the new one.
            return if self.keeps(Direction::Backward) { vec![selector] } else { Vec::new() };
        }
        Direction::ALL
            .into_iter()
            .filter(|d| self.keeps(*d) && selector.direction.is_none_or(|named| named == *d))
            .map(|d| LensSelector { lens, direction: Some(d) })
            .collect()
    }
}

/// What happens, from harmless to certain failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// Nothing is lost and nothing changes.
    #[default]
    Ok,
    /// Not decided: depends on what the descriptors do not say.
    Unknown,
    /// A value is silently truncated or dropped.
    Lossy,
    /// A value is silently read as something else.
    Corrupt,
    /// A decode error, UNIMPLEMENTED, or code that no longer compiles.
    Rejects,
}

impl Effect {
    /// The name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Effect::Ok => "ok",
            Effect::Unknown => "unknown",
            Effect::Lossy => "lossy",
            Effect::Corrupt => "corrupt",
            Effect::Rejects => "rejects",
        }
    }

    /// Whether nobody notices.
    #[must_use]
    pub fn is_ok(self) -> bool {
        self == Effect::Ok
    }
}

/// A lens, or one direction of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LensSelector {
    /// The lens.
    pub lens: Lens,
    /// The direction; `None` means both, with the allowance for additions that a policy makes.
    pub direction: Option<Direction>,
}

/// A word that names no lens.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("`{word}` is not a lens{}", .near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default())]
pub struct SelectorError {
    /// The word.
    pub word: String,
    /// The closest lens, if one is close.
    pub near: Option<&'static str>,
}

impl LensSelector {
    /// What holds when nobody said anything: data and calls.
    pub fn standard() -> Vec<LensSelector> {
        [Lens::Wire, Lens::Rpc, Lens::Json].map(|lens| LensSelector { lens, direction: None }).to_vec()
    }

    /// Every word that names a lens in both directions, `source` before those it stands for.
    pub fn words() -> impl Iterator<Item = &'static str> {
        let (directed, sources): (Vec<Lens>, Vec<Lens>) =
            Lens::ALL.into_iter().partition(|l| l.has_directions());
        let names = |lenses: Vec<Lens>| lenses.into_iter().map(Lens::as_str);
        names(directed).chain([SOURCE]).chain(names(sources))
    }

    /// The lenses a word names: `wire`, `json.forward`, `source.go`, or `source` for all languages.
    ///
    /// # Errors
    ///
    /// A word that names none.
    pub fn parse(word: &str) -> Result<Vec<LensSelector>, SelectorError> {
        if word == SOURCE {
            let all = Language::ALL.into_iter().map(Lens::Source);
            return Ok(all.map(|lens| LensSelector { lens, direction: None }).collect());
        }
        let named = |name: &str| Lens::ALL.into_iter().find(|l| l.as_str() == name);
        if let Some(lens) = named(word) {
            return Ok(vec![LensSelector { lens, direction: None }]);
        }
        if let Some((lens, direction)) = word.rsplit_once('.')
            && let Some(lens) = named(lens).filter(|l| l.has_directions())
            && let Some(direction) = Direction::ALL.into_iter().find(|d| d.as_str() == direction)
        {
            return Ok(vec![LensSelector { lens, direction: Some(direction) }]);
        }
        let near = nearest(word, Lens::ALL.iter().map(|lens| lens.as_str()), |_| 2);
        Err(SelectorError { word: word.to_owned(), near })
    }
}

impl FromStr for LensSelector {
    type Err = SelectorError;

    /// A single lens; `source` is four of them, see [`LensSelector::parse`].
    fn from_str(word: &str) -> Result<LensSelector, SelectorError> {
        match LensSelector::parse(word)?[..] {
            [one] => Ok(one),
            _ => Err(SelectorError { word: word.to_owned(), near: None }),
        }
    }
}

impl fmt::Display for LensSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.direction {
            Some(direction) => write!(f, "{}.{}", self.lens.as_str(), direction.as_str()),
            None => f.write_str(self.lens.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_lenses_and_directions() {
        for word in ["wire", "json.forward", "rpc.backward", "source.go"] {
            assert_eq!(word.parse::<LensSelector>().unwrap().to_string(), word);
        }
        assert_eq!(LensSelector::parse("source").unwrap().len(), 4);
        let error = LensSelector::parse("wyre").unwrap_err();
        assert_eq!(error.to_string(), "`wyre` is not a lens; did you mean `wire`?");
        assert!(LensSelector::parse("source.go.forward").is_err());
    }

    #[test]
    fn a_mode_names_every_direction_that_it_keeps() {
        let narrowed = |mode: &str, word: &str| {
            let selectors = LensSelector::parse(word).unwrap();
            let mode = Mode::of(mode).unwrap();
            let left: Vec<_> = selectors.into_iter().flat_map(|s| mode.narrow(s)).collect();
            left.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(narrowed("backward", "wire"), "wire.backward");
        assert_eq!(narrowed("forward", "wire"), "wire.forward");
        assert_eq!(narrowed("full", "wire"), "wire.backward wire.forward");
        assert_eq!(narrowed("full", "json.forward"), "json.forward");
        assert_eq!(narrowed("backward", "json.forward"), "");
        assert_eq!(narrowed("backward", "source.go"), "source.go");
        assert_eq!(narrowed("forward", "source"), "");
        assert_eq!(Mode::of("none"), None);
    }

    #[test]
    fn every_word_is_read_again() {
        for word in LensSelector::words() {
            assert!(LensSelector::parse(word).is_ok(), "{word}");
        }
    }

    #[test]
    fn the_list_of_lenses_holds_every_language() {
        let languages: Vec<Lens> = Language::ALL.into_iter().map(Lens::Source).collect();
        assert!(Lens::ALL.ends_with(&languages));
    }
}
