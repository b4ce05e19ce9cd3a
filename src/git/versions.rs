//! `latest`: the highest version among the tags of a shape.

use std::collections::BTreeMap;

use git2::{ObjectType, Oid, Reference};
use semver::Version;
use thiserror::Error;

use super::{Fetch, GitError, Id, Repo, Revision, RevisionKind, loose};

const PLACEHOLDER: &str = "{version}";

/// The shape of version tags: text with `{version}` in it, such as `v{version}` or `acme/pay/v{version}`; and whose versions
/// they are, where that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagPattern {
    prefix: String,
    suffix: String,
    contract: Option<String>,
}

/// Why a tag shape is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TagPatternError {
    /// The version has no one place in it.
    #[error("tag shape `{0}` must contain `{{version}}` exactly once")]
    Version(String),
    /// A placeholder that there is not.
    #[error("tag shape `{shape}` has `{placeholder}`, which stands for nothing")]
    Placeholder {
        /// The shape.
        shape: String,
        /// What it has.
        placeholder: String,
    },
    /// Git would not take such tags.
    #[error("tag shape `{0}` makes names that git does not take for a tag")]
    Name(String),
}

impl TagPatternError {
    /// What to do, in the imperative.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            TagPatternError::Version(_) => "for example `v{version}`",
            TagPatternError::Placeholder { .. } => {
                "there are `{version}` and `{contract}`: for example `{contract}/v{version}`"
            }
            TagPatternError::Name(_) => {
                "no blanks, no `..`, `~`, `^`, `:`, `?`, `*`, `[` or `\\`, and no part that begins with `.` or `-` or ends \
                 with `.lock` (`git check-ref-format`): for example `v{version}`"
            }
        }
    }
}

impl Default for TagPattern {
    fn default() -> Self {
        TagPattern { prefix: "v".into(), suffix: String::new(), contract: None }
    }
}

impl std::fmt::Display for TagPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{PLACEHOLDER}{}", self.prefix, self.suffix)
    }
}

impl TagPattern {
    /// Reads a shape.
    ///
    /// # Errors
    ///
    /// `{version}` does not occur exactly once, or there is something else in braces, or git takes no such tags.
    pub fn parse(text: &str) -> Result<TagPattern, TagPatternError> {
        match text.split_once(PLACEHOLDER) {
            Some((prefix, suffix)) if !suffix.contains(PLACEHOLDER) => {
                let shape = TagPattern { prefix: prefix.into(), suffix: suffix.into(), contract: None };
                let other = [prefix, suffix].iter().find_map(|part| {
                    let (_, rest) = part.split_once('{')?;
                    Some(format!("{{{}}}", rest.split_once('}')?.0))
                });
                if let Some(placeholder) = other {
                    return Err(TagPatternError::Placeholder { shape: text.to_owned(), placeholder });
                }
                let tag = shape.tag_of(&Version::new(1, 0, 0));
                // Git itself takes a name that begins so for an option.
                if tag.starts_with('-') || !Reference::is_valid_name(&format!("refs/tags/{tag}")) {
                    return Err(TagPatternError::Name(text.to_owned()));
                }
                Ok(shape)
            }
            _ => Err(TagPatternError::Version(text.to_owned())),
        }
    }

    /// The same for the versions of one contract: a tag that says that it is a version of another one is none of them. What
    /// says nothing of the kind is of whoever has the shape.
    #[must_use]
    pub fn of(self, contract: Option<&str>) -> TagPattern {
        TagPattern { contract: contract.map(str::to_owned), ..self }
    }

    /// The version that a tag has the name of; `None` for names of another shape. Whose version it is, is for
    /// [`Repo::version_of`] to say.
    #[must_use]
    pub fn version_of(&self, tag: &str) -> Option<Version> {
        let middle = tag.strip_prefix(&self.prefix)?.strip_suffix(&self.suffix)?;
        Version::parse(middle).ok()
    }

    /// The tag of a version.
    #[must_use]
    pub fn tag_of(&self, version: &Version) -> String {
        format!("{}{version}{}", self.prefix, self.suffix)
    }
}

/// The highest version found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latest {
    /// The version.
    pub version: Version,
    /// Where it points.
    pub revision: Revision,
}

/// The tags of a shape.
#[derive(Clone, Debug, Default)]
pub struct ToldApart {
    /// Versions of the contract with their tags, lowest first.
    pub own: Vec<(Version, String)>,
    /// Tags that say that they are versions of other contracts, each with the name of the other.
    pub others: BTreeMap<String, String>,
}

impl Repo {
    /// Every version with its tag, lowest first. Tags that say that they are versions of another contract are none.
    ///
    /// # Errors
    ///
    /// The references cannot be read.
    pub fn versions(&self, pattern: &TagPattern) -> Result<Vec<(Version, String)>, GitError> {
        Ok(self.told_apart(pattern)?.own)
    }

    /// The version that a tag is; `None` where it has another shape, or says that it is a version of another contract.
    #[must_use]
    pub fn version_of(&self, pattern: &TagPattern, tag: &str) -> Option<Version> {
        pattern.version_of(tag).filter(|_| self.other(pattern, tag).is_none())
    }

    /// The tags of the shape that say that they are versions of other contracts, each with the name of the other.
    ///
    /// # Errors
    ///
    /// The references cannot be read.
    pub fn others(&self, pattern: &TagPattern) -> Result<BTreeMap<String, String>, GitError> {
        Ok(self.told_apart(pattern)?.others)
    }

    /// The tags of the shape by whose versions they are: each is read once.
    ///
    /// # Errors
    ///
    /// The references cannot be read.
    pub fn told_apart(&self, pattern: &TagPattern) -> Result<ToldApart, GitError> {
        let mut apart = ToldApart::default();
        for (version, tag) in self.of_shape(pattern)? {
            match self.other(pattern, &tag) {
                Some(of) => drop(apart.others.insert(tag, of)),
                None => apart.own.push((version, tag)),
            }
        }
        Ok(apart)
    }

    /// The tags of the shape, whosever they are, with the lowest version first.
    fn of_shape(&self, pattern: &TagPattern) -> Result<Vec<(Version, String)>, GitError> {
        let mut versions: Vec<(Version, String)> =
            self.tags()?.into_iter().filter_map(|tag| Some((pattern.version_of(&tag)?, tag))).collect();
        versions.sort();
        Ok(versions)
    }

    /// The contract that a tag says it is a version of, where that is another one.
    fn other(&self, pattern: &TagPattern, tag: &str) -> Option<String> {
        let contract = pattern.contract.as_ref()?;
        Some(self.said(tag)?.contract).filter(|said| said != contract)
    }

    /// The versions that a name stands for by what it points at, lowest first.
    ///
    /// Only a name that stays where it is can be a version: the hash of a commit or of an annotated tag, and a HEAD
    /// that is on no branch. A branch, or `HEAD~1`, is another state tomorrow.
    ///
    /// # Errors
    ///
    /// The references cannot be read.
    pub fn versions_at(
        &self,
        revision: &Revision,
        pattern: &TagPattern,
    ) -> Result<Vec<(Version, String)>, GitError> {
        let Some(target) = self.fixed(revision) else { return Ok(Vec::new()) };
        let mut versions = self.of_shape(pattern)?;
        versions.retain(|(_, tag)| self.leads_to(tag, target) && self.other(pattern, tag).is_none());
        Ok(versions)
    }

    /// The object that a name stands for, today and tomorrow.
    fn fixed(&self, revision: &Revision) -> Option<Oid> {
        if revision.kind != RevisionKind::Expression {
            return None;
        }
        let name = revision.name.to_ascii_lowercase();
        if ["HEAD", "@"].contains(&&*revision.name) {
            return revision.commit.filter(|_| self.inner.head_detached().unwrap_or(false)).map(Id::oid);
        }
        if name.len() < 4 || !name.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        // Of an annotated tag it may be its own hash, and not that of the commit.
        let id = self.inner.revparse_single(&name).ok()?.id();
        id.to_string().starts_with(&name).then_some(id)
    }

    /// Whether a tag is, or leads to, an object. A tag that cannot be read leads nowhere.
    fn leads_to(&self, tag: &str, target: Oid) -> bool {
        let reference = self.inner.find_reference(&format!("refs/tags/{tag}")).and_then(|r| r.resolve());
        let Some(mut id) = reference.ok().and_then(|r| r.target()) else { return false };
        for _ in 0..loose::MAX_TAGS {
            if id == target {
                return true;
            }
            let read = || {
                loose::sound(&self.inner, id)?;
                // A commit need not be read to see that it is no tag.
                let is_tag = self.inner.odb()?.read_header(id)?.1 == ObjectType::Tag;
                is_tag.then(|| self.inner.find_tag(id).map(|t| t.target_id())).transpose()
            };
            match read() {
                Ok(Some(next)) => id = next,
                Ok(None) | Err::<_, git2::Error>(_) => return false,
            }
        }
        false
    }

    /// The command that gets every tag; of a shallow clone, without what was before them.
    fn fetch_tags(&self, remote: &str) -> Fetch {
        if self.is_shallow() {
            Fetch::new(["fetch", "--depth=1", remote, "refs/tags/*:refs/tags/*"])
        } else {
            Fetch::new(["fetch", "--tags", remote])
        }
    }

    /// The highest version among the tags of a shape; pre-releases count only when `pre` is set.
    ///
    /// # Errors
    ///
    /// No tag qualifies.
    pub fn latest(&self, pattern: &TagPattern, pre: bool) -> Result<Latest, GitError> {
        // From the highest on, so that few tags are read.
        let versions = self.of_shape(pattern)?;
        let mut wanted = versions.iter().rev().filter(|(v, _)| pre || v.pre.is_empty());
        let Some((version, tag)) = wanted.find(|(_, tag)| self.other(pattern, tag).is_none()) else {
            let tags = self.tags()?;
            let others = self.others(pattern)?;
            return Err(GitError::NoVersions {
                repository: self.location(),
                pattern: pattern.to_string(),
                shallow: self.is_shallow(),
                suggestion: if versions.is_empty() { suggest(&tags) } else { None },
                only_pre: versions.len() > others.len(),
                other: others.into_iter().next().map(Box::new),
                tags: tags.into_iter().take(3).collect(),
                fetch: self.remote().map(|remote| self.fetch_tags(&remote)),
            });
        };
        let doing = || format!("read tag `{tag}`");
        let reference = self.inner.find_reference(&format!("refs/tags/{tag}"));
        let object = reference
            .and_then(|r| {
                r.target().map_or(Ok(()), |id| loose::sound_to_tree(&self.inner, id))?;
                r.peel(ObjectType::Commit)
            })
            .map_err(|source| GitError::git(doing(), source))?;
        let tree = object.peel(ObjectType::Tree).map_err(|source| GitError::git(doing(), source))?;
        let revision = Revision {
            name: tag.clone(),
            kind: RevisionKind::Tag,
            commit: Some(Id::from_oid(object.id())),
            tree: Id::from_oid(tree.id()),
        };
        Ok(Latest { version: version.clone(), revision })
    }

    /// The names of all tags, sorted.
    ///
    /// # Errors
    ///
    /// The references cannot be read.
    pub fn tags(&self) -> Result<Vec<String>, GitError> {
        let names = self.inner.tag_names(None).map_err(|source| GitError::git("list the tags", source))?;
        Ok(names.iter().flatten().flatten().map(str::to_owned).collect())
    }
}

/// The shape most tags that hold a version have.
fn suggest(tags: &[String]) -> Option<String> {
    let mut shapes: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for tag in tags {
        let starts = tag.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(i, _)| i);
        if let Some(start) = starts.into_iter().find(|i| Version::parse(&tag[*i..]).is_ok()) {
            *shapes.entry(format!("{}{PLACEHOLDER}", &tag[..start])).or_default() += 1;
        }
    }
    shapes
        .into_iter()
        .max_by_key(|(shape, count)| (*count, std::cmp::Reverse(shape.clone())))
        .map(|(shape, _)| shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_read_and_write_tags() {
        let shape = TagPattern::parse("acme/contracts/v{version}").unwrap();
        assert_eq!(shape.version_of("acme/contracts/v1.2.0"), Some(Version::new(1, 2, 0)));
        assert_eq!(shape.version_of("v1.2.0"), None);
        assert_eq!(shape.version_of("acme/contracts/v1.2"), None, "two numbers are no semantic version");
        assert_eq!(shape.tag_of(&Version::new(2, 0, 0)), "acme/contracts/v2.0.0");
        assert!(TagPattern::parse("v").is_err());
        for wrong in [
            "{version}{version}",
            "{version} x",
            "../{version}",
            "a..b{version}",
            "{foo}/{version}",
            "v{version}.lock",
            "-v{version}",
            "a//{version}",
            ".x/{version}",
            "v{version}~1",
            "",
        ] {
            assert!(TagPattern::parse(wrong).is_err(), "{wrong}");
        }
        assert!(TagPattern::parse("a-b_c+d/{version}-x").is_ok());
    }

    #[test]
    fn the_commonest_shape_is_suggested() {
        let tags = ["release-1.0.0", "release-1.1.0", "1.0.0", "x"].map(str::to_owned);
        assert_eq!(suggest(&tags).as_deref(), Some("release-{version}"));
    }
}
