//! `check.against`: the states that a contract is compared with.

use std::fmt;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use toml::Spanned;

use super::policy::lenses;
use super::{ConfigError, Place};
use crate::words::Mode;

/// A state to compare with, and what counts against it, where that is not what counts against all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// The source string.
    pub source: String,
    /// Who has to read whom.
    pub mode: Option<Mode>,
    /// The lenses that must stay ok.
    pub deny: Option<Vec<String>>,
}

impl Baseline {
    /// A state with nothing of its own.
    #[must_use]
    pub fn plain(source: impl Into<String>) -> Baseline {
        Baseline { source: source.into(), ..Baseline::default() }
    }

    /// Whether the state is all that is said.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.mode.is_none() && self.deny.is_none()
    }
}

/// One source string, or a list of them, or `[[check.against]]`.
#[derive(Debug, Default)]
pub(super) struct RawAgainst(Vec<RawBaseline>);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawTable {
    source: String,
    mode: Option<Spanned<String>>,
    deny: Option<Vec<Spanned<String>>>,
}

#[derive(Debug)]
struct RawBaseline(RawTable);

impl RawBaseline {
    fn plain(source: &str) -> RawBaseline {
        RawBaseline(RawTable { source: source.to_owned(), mode: None, deny: None })
    }
}

impl<'de> Deserialize<'de> for RawBaseline {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneState;
        impl<'de> Visitor<'de> for OneState {
            type Value = RawBaseline;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("what to compare with, or a table with it as `source`")
            }

            fn visit_str<E>(self, source: &str) -> Result<RawBaseline, E> {
                Ok(RawBaseline::plain(source))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawBaseline, A::Error> {
                RawTable::deserialize(MapAccessDeserializer::new(map)).map(RawBaseline)
            }
        }
        deserializer.deserialize_any(OneState)
    }
}

impl<'de> Deserialize<'de> for RawAgainst {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct States;
        impl<'de> Visitor<'de> for States {
            type Value = RawAgainst;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("what to compare with, or a list of it")
            }

            fn visit_str<E>(self, source: &str) -> Result<RawAgainst, E> {
                Ok(RawAgainst(vec![RawBaseline::plain(source)]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<RawAgainst, A::Error> {
                let mut all = Vec::new();
                while let Some(one) = seq.next_element()? {
                    all.push(one);
                }
                Ok(RawAgainst(all))
            }
        }
        deserializer.deserialize_any(States)
    }
}

/// Reads the states. `at` gives the place of an offset.
///
/// # Errors
///
/// A mode or a lens that is not there.
pub(super) fn read(raw: RawAgainst, at: &dyn Fn(usize) -> Place) -> Result<Vec<Baseline>, ConfigError> {
    let one = |RawBaseline(RawTable { source, mode, deny })| {
        let known = |mode: Spanned<String>| {
            Mode::of(mode.get_ref()).ok_or_else(|| {
                let place = at(mode.span().start);
                ConfigError::unknown(place, "mode", mode.get_ref(), &Mode::ALL.map(Mode::as_str))
            })
        };
        if let Some(deny) = &deny {
            lenses(deny.iter().map(|lens| (lens.get_ref().as_str(), at(lens.span().start))))?;
        }
        let deny = deny.map(|deny| deny.into_iter().map(Spanned::into_inner).collect());
        Ok(Baseline { source, mode: mode.map(known).transpose()?, deny })
    };
    raw.0.into_iter().map(one).collect()
}
