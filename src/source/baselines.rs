//! The earlier states that a contract is compared with, where they are several: named one by one, or as the versions
//! whose tags a glob matches.

use std::collections::BTreeMap;
use std::io::Read;

use globset::{GlobBuilder, GlobMatcher};
use semver::Version;

use super::{NewSide, Request, RequestError, Side, SourceError, SourceSpec, SpecError};
use crate::config::Baseline;
use crate::git::{Repo, told_other};
use crate::text::{near, plural};

/// What a source begins with that names versions by a glob over their tags.
const TAGS: &str = "tag:";

/// How many tags an error names.
const NAMED: usize = 3;

/// States to compare with, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baselines {
    /// Each of them names one state.
    pub states: Vec<Baseline>,
    /// Sentences for people.
    pub notes: Vec<String>,
}

/// Whether a source string names versions by a glob: `tag:v1.*`.
#[must_use]
pub fn names_versions(text: &str) -> bool {
    text.starts_with(TAGS)
}

impl Request<'_> {
    /// The states that source strings name, each once. `tag:GLOB` stands for every version of which the glob matches the
    /// tag, lowest first; `*` in it matches `/` too, as in `git tag --list`. A folder may follow, as behind any revision:
    /// `tag:v1.*:proto`.
    ///
    /// # Errors
    ///
    /// As [`Request::new_side`], a glob is malformed or matches no version, or standard input would be read more than once.
    pub fn baselines(&self, named: &[Baseline], stdin: &mut dyn Read) -> Result<Baselines, RequestError> {
        self.once()?;
        let globs = named.iter().any(|state| names_versions(&state.source));
        let tags = if globs { self.tags(stdin)? } else { Tags::default() };
        let mut found = Baselines::default();
        for state in named {
            for source in tags.named(&state.source, &mut found.notes)? {
                let one = Baseline { source, ..state.clone() };
                if !found.states.contains(&one) {
                    found.states.push(one);
                }
            }
        }
        Ok(found)
    }

    /// The same for a contract that is to keep what all versions were promised: the states that a flag names, or several that the
    /// configuration does, or else every published version below the new side, without pre-releases, which promise nothing.
    ///
    /// # Errors
    ///
    /// As [`Request::baselines`], or no version is published.
    pub fn transitive(&self, stdin: &mut dyn Read) -> Result<Baselines, RequestError> {
        self.once()?;
        if !self.overrides.against.is_empty() {
            let named: Vec<_> = self.overrides.against.iter().cloned().map(Baseline::plain).collect();
            return self.baselines(&named, stdin);
        }
        let new = self.new_side(stdin)?;
        let configured = &new.settings.check.against;
        if configured.len() > 1 || configured.iter().any(|state| names_versions(&state.source)) {
            return self.baselines(configured, stdin);
        }
        let own = new.loaded.name().version().cloned();
        let mut tags = self.tags_of(&new)?;
        let told = tags.versions.len();
        tags.versions
            .retain(|(version, _)| version.pre.is_empty() && own.as_ref().is_none_or(|own| version < own));
        let below = if told > 0 { ", or none below the new side" } else { "" };
        if tags.versions.is_empty() {
            let message = format!("no version is published{below}");
            let hint = match tags.of_others.first_key_value().filter(|_| told == 0) {
                Some((tag, contract)) => told_other(tag, contract),
                None => {
                    format!("versions are tags like `{}`; or name the states: `--against main`", tags.shape)
                }
            };
            return Err(SpecError { text: "tag:*".to_owned(), message, hint: Some(hint) }.into());
        }
        let states = tags.versions.iter().map(|(_, tag)| Baseline {
            source: format!("refs/tags/{tag}"),
            ..configured.first().cloned().unwrap_or_default()
        });
        Ok(Baselines { states: states.collect(), notes: Vec::new() })
    }

    /// The new side is read for each state.
    fn once(&self) -> Result<(), RequestError> {
        let read_once = SourceSpec::parse(self.new, self.cwd, Side::New)?.is_stdin();
        if read_once { Err(RequestError::StdinAgain) } else { Ok(()) }
    }

    fn tags(&self, stdin: &mut dyn Read) -> Result<Tags, RequestError> {
        self.tags_of(&self.new_side(stdin)?)
    }

    /// The tags of the repository that the new side is in, or else of the one around the working directory.
    fn tags_of(&self, new: &NewSide) -> Result<Tags, RequestError> {
        let fail = |source| SourceError::Git { wanted: "the versions".to_owned(), source: Box::new(source) };
        let shape = &new.settings.release.tag;
        let beside = new.loaded.root().and_then(|beside| Repo::discover(&beside.root).ok());
        let repo = beside.map_or_else(|| Repo::discover(self.cwd), Ok).map_err(fail)?;
        let apart = repo.told_apart(shape).map_err(fail)?;
        let (versions, of_others) = (apart.own, apart.others);
        Ok(Tags { shape: shape.to_string(), versions, of_others, all: repo.tags().map_err(fail)? })
    }
}

/// The tags of a repository.
#[derive(Default)]
struct Tags {
    shape: String,
    /// Those that are versions, lowest first.
    versions: Vec<(Version, String)>,
    /// Those that are versions of other contracts, each with the name of the other.
    of_others: BTreeMap<String, String>,
    all: Vec<String>,
}

impl Tags {
    /// What a source string names.
    fn named(&self, text: &str, notes: &mut Vec<String>) -> Result<Vec<String>, SpecError> {
        let Some(rest) = text.strip_prefix(TAGS) else { return Ok(vec![text.to_owned()]) };
        // No tag has a colon in its name.
        let (glob, folder) = rest.split_at(rest.find(':').unwrap_or(rest.len()));
        let matcher = matcher(text, glob)?;
        let matches = |tag: &&String| matcher.is_match(tag);
        let versions: Vec<&String> = self.versions.iter().map(|(_, tag)| tag).filter(matches).collect();
        let others: Vec<String> =
            self.all.iter().filter(matches).filter(|tag| !versions.contains(tag)).cloned().collect();
        if versions.is_empty() {
            return Err(self.none(text, glob, &others));
        }
        let (of_others, shapeless): (Vec<String>, Vec<String>) =
            others.into_iter().partition(|tag| self.of_others.contains_key(tag));
        let no = |tags: &[String]| plural(tags.len(), "tag");
        if !shapeless.is_empty() {
            let (no, first) = (no(&shapeless), first(&shapeless));
            notes.push(format!(
                "`{text}` leaves out {no} without the shape of versions, `{}`: {first}",
                self.shape
            ));
        }
        if !of_others.is_empty() {
            let (no, first) = (no(&of_others), first(&of_others));
            notes.push(format!("`{text}` leaves out {no} of another contract: {first}"));
        }
        Ok(versions.into_iter().map(|tag| format!("refs/tags/{tag}{folder}")).collect())
    }

    fn none(&self, text: &str, glob: &str, others: &[String]) -> SpecError {
        let message = match others {
            [] => "matches no tag".to_owned(),
            _ => format!("matches no version, but {}: {}", plural(others.len(), "other tag"), first(others)),
        };
        let close = near(glob, self.versions.iter().map(|(_, tag)| tag.as_str()));
        let hint = match (close.first(), self.versions.last()) {
            (Some(close), _) => format!("did you mean `{TAGS}{close}`?"),
            (None, Some((_, last))) => {
                format!("there are {}, the last of them `{last}`", plural(self.versions.len(), "version"))
            }
            (None, None) => match self.of_others.first_key_value() {
                Some((tag, contract)) => told_other(tag, contract),
                None => format!(
                    "versions are tags like `{}`, of which there are none: `[release] tag` says it",
                    self.shape
                ),
            },
        };
        SpecError { text: text.to_owned(), message, hint: Some(hint) }
    }
}

fn matcher(text: &str, glob: &str) -> Result<GlobMatcher, SpecError> {
    let fail = |message: String| SpecError {
        text: text.to_owned(),
        message,
        hint: Some("write `tag:v1.*`, or `tag:*` for every version".to_owned()),
    };
    if glob.is_empty() {
        return Err(fail("names no tags".to_owned()));
    }
    let glob = GlobBuilder::new(glob).build().map_err(|e| fail(format!("is no glob: {}", e.kind())))?;
    Ok(glob.compile_matcher())
}

fn first(tags: &[String]) -> String {
    let named: Vec<String> = tags.iter().take(NAMED).map(|tag| format!("`{tag}`")).collect();
    let more = if tags.len() > NAMED { ", …" } else { "" };
    format!("{}{more}", named.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(versions: &[&str], others: &[&str]) -> Tags {
        let all = versions.iter().chain(others).map(ToString::to_string).collect();
        let version = |tag: &&str| (tag.trim_start_matches('v').parse().unwrap(), tag.to_string());
        let versions = versions.iter().map(version).collect();
        Tags { shape: "v{version}".to_owned(), versions, of_others: BTreeMap::new(), all }
    }

    #[test]
    fn a_glob_names_versions_in_their_order() {
        let tags = tags(&["v1.2.0", "v1.10.0", "v2.0.0"], &["v1", "nightly"]);
        let named = |text: &str| {
            let mut notes = Vec::new();
            (tags.named(text, &mut notes).unwrap(), notes)
        };
        let all = |of: &[&str]| of.iter().map(|tag| format!("refs/tags/{tag}")).collect::<Vec<_>>();
        assert_eq!(named("tag:v1.*"), (all(&["v1.2.0", "v1.10.0"]), Vec::new()));
        assert_eq!(named("tag:v{1,2}.[0-2]*.0").0, all(&["v1.2.0", "v1.10.0", "v2.0.0"]));
        assert_eq!(named("tag:v2*:proto").0, ["refs/tags/v2.0.0:proto"]);
        let (found, notes) = named("tag:v1*");
        assert_eq!(found, all(&["v1.2.0", "v1.10.0"]));
        assert_eq!(notes, ["`tag:v1*` leaves out 1 tag without the shape of versions, `v{version}`: `v1`"]);
        assert_eq!(named("v1.2.0").0, ["v1.2.0"]);
    }

    #[test]
    fn a_glob_without_versions_says_what_there_is() {
        let said = |tags: &Tags, text: &str| {
            let error = tags.named(text, &mut Vec::new()).unwrap_err();
            format!("{error} | {}", error.hint.as_deref().unwrap())
        };
        let some = tags(&["v1.2.0", "v1.3.0"], &["nightly-1", "nightly-2"]);
        let none = tags(&[], &[]);
        for (tags, text, told) in [
            (&some, "tag:v3.*", "matches no tag | "),
            (&some, "tag:night*", "matches no version, but 2 other tags: `nightly-1`, `nightly-2` | "),
            (&some, "tag:1.2.0", "matches no tag | did you mean `tag:v1.2.0`?"),
            (&none, "tag:v1.*", "versions are tags like `v{version}`, of which there are none"),
            (&some, "tag:", "names no tags | write `tag:v1.*`"),
            (&some, "tag:v[1", "is no glob: "),
        ] {
            let said = said(tags, text);
            assert!(said.starts_with(&format!("source `{text}`: ")) && said.contains(told), "{said}");
        }
    }
}
