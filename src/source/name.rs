//! What was compared, as a value: words for people, a version and a commit for programs.

use std::fmt;

use semver::Version;

use crate::git::{Id, Repo, Revision, RevisionKind, TagPattern};

/// What a side of a comparison is. Displayed it is what people read: ``tag `v1.2.0` ``, ``directory `proto` ``,
/// `working tree`. Nobody needs to read that again: what programs want to know are methods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Name {
    /// The folder that a command runs in, as it is now.
    #[default]
    WorkingTree,
    /// Another folder, as typed.
    Folder(String),
    /// One file, as typed.
    File(String),
    /// A tag.
    Tag {
        /// Its name, without `refs/tags/`.
        tag: String,
        /// The version it stands for, when it has the shape of version tags.
        version: Option<Version>,
        /// What it points at.
        commit: Option<Id>,
    },
    /// A local or remote-tracking branch.
    Branch {
        /// Its name.
        branch: String,
        /// Its tip.
        commit: Option<Id>,
    },
    /// A hash, or an expression such as `HEAD~1`.
    Commit {
        /// As written.
        written: String,
        /// The commit; `None` for a bare folder of git.
        commit: Option<Id>,
    },
    /// The newest common ancestor of HEAD and something.
    MergeBase {
        /// What it is shared with.
        with: String,
        /// The ancestor.
        commit: Option<Id>,
    },
    /// What is staged for the next commit.
    Staged,
    /// A compiled input, as typed.
    Image(String),
    /// A published version in a registry.
    Artefact {
        /// Where, as typed.
        place: String,
        /// The version, where the tag is one.
        version: Option<Version>,
    },
    /// A running server, as typed.
    Server(String),
    /// A compiled input on standard input.
    StandardInput,
    /// Files in memory, under a name that whoever made them gave.
    Memory(String),
}

/// The pieces of the words for people.
struct Parts<'a> {
    word: &'a str,
    quoted: Option<&'a str>,
    commit: Option<String>,
}

impl Name {
    /// The name of a revision of a repository. Tags of the shape are versions.
    #[must_use]
    pub fn of(repo: &Repo, revision: &Revision, shape: &TagPattern) -> Name {
        let (name, commit) = (revision.name.clone(), revision.commit);
        match revision.kind {
            RevisionKind::Tag => {
                let version = repo.version_of(shape, &name);
                Name::Tag { tag: name, version, commit }
            }
            RevisionKind::Branch | RevisionKind::RemoteBranch => Name::Branch { branch: name, commit },
            RevisionKind::Expression => Name::Commit { written: name, commit },
            RevisionKind::MergeBase => Name::MergeBase { with: name, commit },
            RevisionKind::Staged => Name::Staged,
        }
    }

    /// The published version that this is.
    #[must_use]
    pub fn version(&self) -> Option<&Version> {
        match self {
            Name::Tag { version, .. } | Name::Artefact { version, .. } => version.as_ref(),
            _ => None,
        }
    }

    /// The tag that this is.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        match self {
            Name::Tag { tag, .. } => Some(tag),
            _ => None,
        }
    }

    /// The commit that this is the state of.
    #[must_use]
    pub fn commit(&self) -> Option<Id> {
        match self {
            Name::Tag { commit, .. }
            | Name::Branch { commit, .. }
            | Name::Commit { commit, .. }
            | Name::MergeBase { commit, .. } => *commit,
            _ => None,
        }
    }

    /// The shortest name for it, for where several are told beside each other: `v1.2.0`, `main`, `HEAD~1`.
    #[must_use]
    pub fn short(&self) -> String {
        let Parts { word, quoted, .. } = self.parts();
        quoted.unwrap_or(word).to_owned()
    }

    /// As a part of a sentence: `the working tree`, and everything else as it is.
    #[must_use]
    pub fn told(&self) -> String {
        match self {
            Name::WorkingTree => format!("the {self}"),
            _ => self.to_string(),
        }
    }

    /// As an aside, without quotes and brackets: `revision HEAD~1, 5e2bc24`.
    #[must_use]
    pub fn aside(&self) -> String {
        if *self == Name::Staged {
            return "staged".to_owned();
        }
        let Parts { word, quoted, commit } = self.parts();
        let commit = commit.map(|c| format!(", {c}")).unwrap_or_default();
        match quoted {
            Some(name) => format!("{word} {name}{commit}").replace('`', ""),
            None => word.replace('`', ""),
        }
    }

    fn parts(&self) -> Parts<'_> {
        let plain = |word, quoted| Parts { word, quoted, commit: None };
        let revision = |kind: RevisionKind, name, commit| Parts {
            word: kind.word(),
            quoted: Some(name),
            commit: kind.shown(name, commit),
        };
        match self {
            Name::WorkingTree => plain("working tree", None),
            Name::Folder(typed) => plain("directory", Some(typed)),
            Name::File(typed) => plain("file", Some(typed)),
            Name::Tag { tag, commit, .. } => revision(RevisionKind::Tag, tag, *commit),
            Name::Branch { branch, commit } => revision(RevisionKind::Branch, branch, *commit),
            Name::Commit { written, commit } => revision(RevisionKind::Expression, written, *commit),
            Name::MergeBase { with, commit } => revision(RevisionKind::MergeBase, with, *commit),
            Name::Staged => plain(RevisionKind::Staged.word(), None),
            Name::Image(typed) => plain("image", Some(typed)),
            Name::Server(typed) => plain("server", Some(typed)),
            Name::Artefact { place, .. } => plain("version", Some(place)),
            Name::StandardInput => plain("standard input", None),
            Name::Memory(name) => plain(name, None),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { word, quoted, commit } = self.parts();
        f.write_str(word)?;
        quoted.map_or(Ok(()), |name| write!(f, " `{name}`"))?;
        commit.map_or(Ok(()), |commit| write!(f, " ({commit})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_and_programs_are_told_the_same_thing() {
        let commit = Some(Id::of(b""));
        let version = Some(Version::new(1, 2, 0));
        let names = [
            (Name::WorkingTree, "working tree", "the working tree", "working tree"),
            (Name::Folder("a (b)".into()), "directory `a (b)`", "directory `a (b)`", "directory a (b)"),
            (Name::StandardInput, "standard input", "standard input", "standard input"),
            (Name::Staged, "what is staged", "what is staged", "staged"),
            (
                Name::Tag { tag: "v1.2.0".into(), version: version.clone(), commit },
                "tag `v1.2.0`",
                "tag `v1.2.0`",
                "tag v1.2.0",
            ),
            (
                Name::Commit { written: "HEAD~1".into(), commit },
                "revision `HEAD~1` (e69de29)",
                "revision `HEAD~1` (e69de29)",
                "revision HEAD~1, e69de29",
            ),
            (
                Name::Commit { written: "e69de29bb".into(), commit },
                "revision `e69de29bb`",
                "revision `e69de29bb`",
                "revision e69de29bb",
            ),
            (
                Name::MergeBase { with: "main".into(), commit },
                "merge base with `main` (e69de29)",
                "merge base with `main` (e69de29)",
                "merge base with main, e69de29",
            ),
        ];
        for (name, shown, told, aside) in names {
            assert_eq!((&*name.to_string(), &*name.told(), &*name.aside()), (shown, told, aside));
            assert_eq!(name.version(), version.as_ref().filter(|_| name.tag().is_some()));
        }
    }
}
