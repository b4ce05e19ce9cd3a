//! The earlier states that a contract is compared with, where they are several: named one by one, or as the versions
//! whose tags a glob matches.

use std::io::Read;

use globset::{GlobBuilder, GlobMatcher};

use super::{NewSide, Request, RequestError, Side, SourceError, SourceSpec, SpecError};
use crate::git::{Repo, TagPattern};
use crate::text::{near, plural};

/// What a source begins with that names versions by a glob over their tags.
const TAGS: &str = "tag:";

/// How many tags an error names.
const NAMED: usize = 3;

/// States to compare with, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baselines {
    /// Each as a source string that names one state.
    pub typed: Vec<String>,
    /// Sentences for people.
    pub notes: Vec<String>,
}

/// Whether a source string names versions by a glob: `tag:v1.*`.
#[must_use]
pub fn names_versions(text: &str) -> bool {
    text.starts_with(TAGS)
}

impl Request<'_> {
    /// The states that source strings name, each once. `tag:GLOB` stands for every version of which the glob matches the tag, lowest
    /// first; `*` in it matches `/` too, as in `git tag --list`. A folder may follow, as behind any revision: `tag:v1.*:proto`.
    ///
    /// # Errors
    ///
    /// As [`Request::new_side`], a glob is malformed or matches no version, or standard input would be read more than once.
    pub fn baselines(&self, given: &[String], stdin: &mut dyn Read) -> Result<Baselines, RequestError> {
        let mut found = Baselines::default();
        if let [one] = given
            && !names_versions(one)
        {
            return Ok(Baselines { typed: given.to_vec(), ..found });
        }
        if SourceSpec::parse(self.new, self.cwd, Side::New)?.is_stdin() {
            return Err(RequestError::StdinAgain);
        }
        let tags =
            if given.iter().any(|text| names_versions(text)) { self.tags(stdin)? } else { Tags::default() };
        for text in given {
            for typed in tags.named(text, &mut found.notes)? {
                if !found.typed.contains(&typed) {
                    found.typed.push(typed);
                }
            }
        }
        Ok(found)
    }

    /// The tags of the repository that the new side is in, or else of the one around the working directory.
    fn tags(&self, stdin: &mut dyn Read) -> Result<Tags, RequestError> {
        let NewSide { loaded, settings, .. } = self.new_side(stdin)?;
        let fail = |source| SourceError::Git { wanted: "the versions".to_owned(), source: Box::new(source) };
        let shape = TagPattern::parse(&settings.release.tag).map_err(SourceError::from)?;
        let beside = loaded.root().and_then(|beside| Repo::discover(&beside.root).ok());
        let repo = beside.map_or_else(|| Repo::discover(self.cwd), Ok).map_err(fail)?;
        let versions = repo.versions(&shape).map_err(fail)?.into_iter().map(|(_, tag)| tag).collect();
        Ok(Tags { shape: shape.to_string(), versions, all: repo.tags().map_err(fail)? })
    }
}

/// The tags of a repository.
#[derive(Default)]
struct Tags {
    shape: String,
    /// Those that are versions, lowest first.
    versions: Vec<String>,
    all: Vec<String>,
}

impl Tags {
    /// What a source string names.
    fn named(&self, text: &str, notes: &mut Vec<String>) -> Result<Vec<String>, SpecError> {
        let Some(rest) = text.strip_prefix(TAGS) else { return Ok(vec![text.to_owned()]) };
        // No tag has a colon in its name.
        let (glob, folder) = rest.split_at(rest.find(':').unwrap_or(rest.len()));
        let matcher = matcher(text, glob)?;
        let matching = |tags: &[String]| -> Vec<String> {
            tags.iter().filter(|tag| matcher.is_match(tag)).cloned().collect()
        };
        let versions = matching(&self.versions);
        let others: Vec<String> =
            matching(&self.all).into_iter().filter(|tag| !versions.contains(tag)).collect();
        if versions.is_empty() {
            return Err(self.none(text, glob, &others));
        }
        if !others.is_empty() {
            let (no, first) = (plural(others.len(), "tag"), first(&others));
            notes.push(format!(
                "`{text}` leaves out {no} without the shape of versions, `{}`: {first}",
                self.shape
            ));
        }
        Ok(versions.into_iter().map(|tag| format!("refs/tags/{tag}{folder}")).collect())
    }

    fn none(&self, text: &str, glob: &str, others: &[String]) -> SpecError {
        let message = match others {
            [] => "matches no tag".to_owned(),
            _ => format!("matches no version, but {}: {}", plural(others.len(), "other tag"), first(others)),
        };
        let close = near(glob, self.versions.iter().map(String::as_str));
        let hint = match (close.first(), self.versions.last()) {
            (Some(close), _) => format!("did you mean `{TAGS}{close}`?"),
            (None, Some(last)) => {
                format!("there are {}, the last of them `{last}`", plural(self.versions.len(), "version"))
            }
            (None, None) => format!(
                "versions are tags like `{}`, of which there are none: `[release] tag` says it",
                self.shape
            ),
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
        let versions: Vec<String> = versions.iter().map(ToString::to_string).collect();
        let all = versions.iter().cloned().chain(others.iter().map(ToString::to_string)).collect();
        Tags { shape: "v{version}".to_owned(), versions, all }
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
