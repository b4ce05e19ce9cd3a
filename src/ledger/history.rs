//! The memory that a git repository has: its version tags.
//!
//! Of every version only what can declare an asked message or enum is read, out of the object database: the file
//! at the path where the old side has it, else the files below the contract's folder that hold its name; these also
//! where it has numbers for extensions, which may stand in any of them. A blob is read and parsed once and a folder is walked once, however many versions share them.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::looked::{Looked, Whole};
use super::timeline::Numbers;
use super::{Had, Memory, Query, Recalled, Sort, Use};
use crate::compile::{Call, Declared, Holds, Number, declared_of, may_declare};
use crate::git::{BlobRef, GitError, Id, Published, Repo, Revision, TagPattern, read_blobs};
use crate::schema::{Kind as Type, Label, Range};

/// How many versions are looked at, the newest ones. Contracts that are published once a week reach back more
/// than a year.
pub const MAX_VERSIONS: usize = 64;

/// How many files are held in memory at once.
const PIECE: usize = 512;

/// The versions that a repository has tags for, before a baseline.
#[derive(Clone, Debug)]
pub struct History {
    /// The folder of the repository's objects and references.
    pub repository: PathBuf,
    /// The baseline. What was published after it is not remembered.
    pub baseline: Revision,
    /// The folder of the contract in the repository; empty for its root.
    pub folder: String,
    /// The shape of version tags.
    pub pattern: TagPattern,
    /// How many versions are looked at, the newest ones.
    pub most: usize,
    /// What was read for other baselines, where there are several.
    pub looked: Option<Arc<Looked>>,
}

impl Memory for History {
    fn recall(&self, queries: &[Query]) -> Recalled {
        let nothing = vec![Vec::new(); queries.len()];
        match self.look(queries) {
            Ok(recalled) => recalled,
            Err(error) => {
                let cause = std::error::Error::source(&error).map(|e| format!(": {e}")).unwrap_or_default();
                let note = format!("published versions cannot be looked at: {error}{cause}");
                Recalled { uses: nothing, notes: vec![note], ..Recalled::default() }
            }
        }
    }
}

impl History {
    fn look(&self, queries: &[Query]) -> Result<Recalled, GitError> {
        let seen = self.see(queries)?;
        let mut answers: Vec<Answer> = queries.iter().map(|_| Answer::default()).collect();
        seen.each(|version, query, found| answers[query].take(version, &seen.versions[version], found));
        let all = !seen.versions.is_empty()
            && seen.versions.len() == seen.count
            && !seen.shallow
            && seen.reader.unread.is_empty();
        let whole = answers.iter().map(|answer| all && answer.versions.len() == seen.count).collect();
        let reach = Some(self.looked_at(&seen.versions, seen.count));
        let mut notes = Vec::new();
        if seen.shallow {
            notes.push(
                "the clone is shallow and may lack published versions: `git fetch --unshallow --tags` gets them"
                    .to_owned(),
            );
        }
        notes.extend(seen.reader.trouble());
        let declared = answers.iter().map(|answer| answer.newest.clone()).collect();
        let uses = answers.into_iter().map(|answer| answer.uses).collect();
        Ok(Recalled { uses, whole, declared, reach, notes })
    }

    /// What every version declares of some messages and enums: the tags, oldest first, and for each of them in step
    /// with the queries what it says; `None` where it has no such message or enum.
    ///
    /// # Errors
    ///
    /// The repository cannot be read.
    pub(super) fn numbers(&self, queries: &[Query]) -> Result<Vec<Version>, GitError> {
        let seen = self.see(queries)?;
        let mut all = vec![vec![None; queries.len()]; seen.versions.len()];
        seen.each(|version, query, found| {
            let numbers: &mut Numbers = all[version][query].get_or_insert_default();
            numbers.uses.extend(found.numbers.iter().map(|number| used(&seen.versions[version].tag, number)));
            let range = |(start, end): &(i32, i32)| Range { start: *start, end: *end };
            numbers.reserved.extend(found.reserved.iter().map(range));
            numbers.extensions.extend(found.extensions.iter().map(range));
        });
        let tags = seen.versions.iter().map(|version| version.tag.as_str().into());
        Ok(tags.zip(all).rev().collect())
    }

    /// Reads what the versions before the baseline have of some messages and enums.
    fn see<'q>(&self, queries: &'q [Query]) -> Result<Seen<'q>, GitError> {
        self.noted(|| {
            let repo = Repo::open(&self.repository)?;
            let (versions, count) = repo.published(&self.pattern, &self.baseline, self.most)?;
            self.see_in(&repo, versions, count, queries)
        })
    }

    /// What is seen, and for whoever asks of several baselines whether something could not be.
    fn noted<'q>(&self, see: impl FnOnce() -> Result<Seen<'q>, GitError>) -> Result<Seen<'q>, GitError> {
        let seen = see();
        if let Some(looked) = &self.looked
            && seen.as_ref().map_or(true, |seen| !seen.reader.unread.is_empty())
        {
            looked.lack();
        }
        seen
    }

    /// The same of the versions up to the baseline, which is one of them where it is tagged.
    pub(super) fn see_so_far<'q>(&self, queries: &'q [Query]) -> Result<Seen<'q>, GitError> {
        self.noted(|| {
            let repo = Repo::open(&self.repository)?;
            let versions = repo.published_so_far(&self.pattern, &self.baseline, self.most)?;
            let count = versions.len();
            self.see_in(&repo, versions, count, queries)
        })
    }

    fn see_in<'q>(
        &self,
        repo: &Repo,
        versions: Vec<Published>,
        count: usize,
        queries: &'q [Query],
    ) -> Result<Seen<'q>, GitError> {
        let looked = self.looked.as_deref();
        let mut reader = Reader::new(&self.repository, self.looked.clone(), queries);
        let blob_at = |tree: Id, path: &str| match looked {
            Some(looked) => looked.blob_at(&self.repository, repo, tree, path),
            None => repo.blob_at(tree, path),
        };
        let paths: BTreeSet<&str> = queries.iter().map(|q| &*q.path).collect();
        let at_paths: Vec<FxHashMap<&str, Id>> = versions
            .iter()
            .map(|v| paths.iter().filter_map(|p| Some((*p, blob_at(v.tree, p)?))).collect())
            .collect();
        reader.read(at_paths.iter().flat_map(|m| paths.iter().filter_map(|p| m.get(p).copied())));

        // In step with the versions: the queries that the path does not answer, and where else to look.
        let mut folders = looked.map(|looked| looked.folders(&self.repository)).unwrap_or_default();
        let mut baseline: Option<Arc<[Id]>> = None;
        let mut elsewhere = Vec::new();
        for (version, at_path) in versions.iter().zip(&at_paths) {
            let found = |q: &Query| at_path.get(&*q.path).and_then(|b| reader.find(*b, q));
            let answered = |q: &Query| found(q).is_some_and(|found| found.extensions.is_empty());
            let open: Vec<usize> = (0..queries.len()).filter(|i| !answered(&queries[*i])).collect();
            let mut blobs = Arc::from([]);
            if !open.is_empty() {
                // A contract whose folder was another one then can be anywhere.
                let folder = repo.folder_at(version.tree, &self.folder).unwrap_or(version.tree);
                let is_wanted = |name: &str| name.ends_with(".proto");
                blobs = folders.blobs(repo, folder, &is_wanted)?;
                if open.iter().all(|query| queries[*query].fresh) {
                    let known = match &baseline {
                        Some(known) => known.clone(),
                        None => folders.blobs(repo, self.baseline.tree, &is_wanted)?,
                    };
                    blobs = blobs.iter().filter(|blob| known.binary_search(blob).is_err()).copied().collect();
                    baseline = Some(known);
                }
            }
            elsewhere.push((open, blobs));
        }
        if let Some(looked) = looked {
            looked.give_back(&self.repository, folders);
        }
        reader.read(elsewhere.iter().flat_map(|(_, blobs)| blobs.iter().copied()));
        Ok(Seen { queries, versions, count, shallow: repo.is_shallow(), reader, at_paths, elsewhere })
    }

    fn looked_at(&self, versions: &[Published], count: usize) -> String {
        let looked_at = versions.len();
        match versions {
            [] => format!(
                "new field and enum numbers may have been used before: no earlier version was published, that is no tag like `{}`",
                self.pattern
            ),
            [only] => {
                format!("new field and enum numbers were looked up in one earlier version, {}", only.tag)
            }
            [newest, .., oldest] => {
                let of = if count > looked_at {
                    format!("the newest {looked_at} of {count}")
                } else {
                    count.to_string()
                };
                format!(
                    "new field and enum numbers were looked up in {of} earlier versions, {} to {}",
                    oldest.tag, newest.tag
                )
            }
        }
    }
}

/// A tag, and in step with some queries what that version says of their numbers.
pub(super) type Version = (Box<str>, Vec<Option<Numbers>>);

/// What the versions have of some messages and enums, read.
pub(super) struct Seen<'q> {
    queries: &'q [Query],
    /// Newest first.
    pub(super) versions: Vec<Published>,
    /// How many there are, looked at or not.
    count: usize,
    shallow: bool,
    reader: Reader<'q>,
    /// In step with the versions: the files at the paths of the queries.
    at_paths: Vec<FxHashMap<&'q str, Id>>,
    /// The same: the queries that these do not answer, and all other files.
    elsewhere: Vec<(Vec<usize>, Arc<[Id]>)>,
}

impl Seen<'_> {
    /// Tells every declaration, version by version from the newest on, with the indices of version and query.
    pub(super) fn each(&self, mut tell: impl FnMut(usize, usize, &Declared)) {
        for (version, (at_path, (open, blobs))) in self.at_paths.iter().zip(&self.elsewhere).enumerate() {
            let mut at_its_path = vec![false; self.queries.len()];
            for (index, query) in self.queries.iter().enumerate() {
                if let Some(found) = at_path.get(&*query.path).and_then(|b| self.reader.find(*b, query)) {
                    at_its_path[index] = true;
                    tell(version, index, found);
                }
                // All others are looked for in all files.
                if open.binary_search(&index).is_err()
                    && let Some(more) =
                        at_path.get(&*query.path).and_then(|b| self.reader.extended(*b, query))
                {
                    tell(version, index, more);
                }
            }
            for blob in blobs.iter().filter(|b| self.reader.declares_any(**b)) {
                for index in open {
                    let query = &self.queries[*index];
                    let found = self.reader.find(*blob, query).filter(|_| !at_its_path[*index]);
                    for found in found.into_iter().chain(self.reader.extended(*blob, query)) {
                        tell(version, *index, found);
                    }
                }
            }
        }
    }
}

/// The uses of the numbers of one message or enum, each by the newest version that has it.
#[derive(Default)]
struct Answer {
    uses: Vec<Use>,
    known: FxHashSet<(i32, String, String)>,
    /// The versions that declare it.
    versions: FxHashSet<String>,
    newest: Option<Had>,
}

impl Answer {
    /// Takes in what one version declares. Newer versions come first.
    fn take(&mut self, age: usize, version: &Published, found: &Declared) {
        if found.what != Holds::Extensions {
            self.newest.get_or_insert_with(|| Had { age, version: version.tag.as_str().into() });
        }
        for call in &found.calls {
            let text = call.may_be.first().cloned().unwrap_or_default();
            if self.known.insert((0, call.name.clone(), text)) {
                self.uses.push(called(&version.tag, call));
            }
        }
        if found.what != Holds::Extensions && !self.versions.contains(&version.tag) {
            self.versions.insert(version.tag.clone());
        }
        for number in &found.numbers {
            if self.known.insert((number.number, number.name.clone(), type_text(number))) {
                self.uses.push(used(&version.tag, number));
            }
        }
    }
}

/// A method of a version.
pub(super) fn called(version: &str, call: &Call) -> Use {
    let may_be: Vec<Box<str>> = call.may_be.iter().map(|t| t.as_str().into()).collect();
    Use {
        version: version.into(),
        number: 0,
        name: call.name.as_str().into(),
        type_text: may_be.first().cloned().unwrap_or_default(),
        scalar: None,
        may_be,
        label: Label::Optional,
    }
}

/// What a declaration of a version uses a number for.
pub(super) fn used(version: &str, number: &Number) -> Use {
    let label = match (number.repeated, number.required) {
        (true, _) => Label::Repeated,
        (false, true) => Label::Required,
        (false, false) => Label::Optional,
    };
    Use {
        version: version.into(),
        number: number.number,
        name: number.name.as_str().into(),
        type_text: type_text(number).into(),
        scalar: number.scalar.and_then(scalar),
        may_be: number.may_be.iter().map(|t| t.as_str().into()).collect(),
        label,
    }
}

fn type_text(number: &Number) -> String {
    let map = number.type_text.starts_with("map<");
    let label = if number.repeated && !map { "repeated " } else { "" };
    format!("{label}{}", number.type_text)
}

pub(super) fn scalar(keyword: &str) -> Option<Type> {
    const SCALARS: [Type; 15] = [
        Type::Double,
        Type::Float,
        Type::Int32,
        Type::Int64,
        Type::Uint32,
        Type::Uint64,
        Type::Sint32,
        Type::Sint64,
        Type::Fixed32,
        Type::Fixed64,
        Type::Sfixed32,
        Type::Sfixed64,
        Type::Bool,
        Type::String,
        Type::Bytes,
    ];
    SCALARS.into_iter().find(|t| t.as_str() == keyword)
}

/// What blobs declare of the messages and enums that are asked for.
struct Reader<'a> {
    repositories: [PathBuf; 1],
    full_names: FxHashSet<&'a str>,
    simple_names: Words<'a>,
    known: FxHashMap<Id, Vec<Arc<Declared>>>,
    looked: Option<Arc<Looked>>,
    /// Why blobs could not be read, by blob.
    unread: Vec<String>,
}

impl<'a> Reader<'a> {
    fn new(repository: &std::path::Path, looked: Option<Arc<Looked>>, queries: &'a [Query]) -> Reader<'a> {
        let simple = |q: &'a Query| q.full_name.rsplit('.').next().unwrap_or(&q.full_name);
        Reader {
            repositories: [repository.to_path_buf()],
            full_names: queries.iter().map(|q| &*q.full_name).collect(),
            simple_names: Words::new(queries.iter().map(simple).collect()),
            known: FxHashMap::default(),
            looked,
            unread: Vec::new(),
        }
    }

    /// Reads those of some blobs that were not read yet.
    fn read(&mut self, blobs: impl Iterator<Item = Id>) {
        let mut wanted: Vec<Id> = blobs.filter(|b| !self.known.contains_key(b)).collect();
        wanted.sort_unstable();
        wanted.dedup();
        if let Some(looked) = self.looked.clone() {
            for blob in &wanted {
                if let Some(whole) = looked.declared(&self.repositories[0], *blob) {
                    let asked = self.asked(&whole);
                    self.known.insert(*blob, asked);
                }
            }
            wanted.retain(|blob| !self.known.contains_key(blob));
        }
        for piece in wanted.chunks(PIECE) {
            let refs: Vec<BlobRef> = piece.iter().map(|id| BlobRef { id: *id, repository: 0 }).collect();
            let contents = read_blobs(&self.repositories, &refs);
            let read: Vec<_> = contents
                .into_par_iter()
                .map(|content| content.map(|bytes| self.parse(&bytes)).map_err(|e| e.to_string()))
                .collect();
            if let Some(looked) = &self.looked {
                let parsed = piece.iter().zip(&read);
                let parsed =
                    parsed.filter_map(|(blob, read)| Some((*blob, read.as_ref().ok()?.as_ref()?.clone())));
                looked.keep(&self.repositories[0], parsed);
            }
            for (blob, read) in piece.iter().zip(read) {
                let declared = match read {
                    Ok(whole) => whole.map(|whole| self.asked(&whole)).unwrap_or_default(),
                    Err(why) => {
                        self.unread.push(why);
                        Vec::new()
                    }
                };
                self.known.insert(*blob, declared);
            }
        }
    }

    /// What a text declares; `None` where it cannot declare any of the names.
    fn parse(&self, bytes: &[u8]) -> Option<Whole> {
        if !self.simple_names.is_one_in(bytes) {
            return None;
        }
        let text = String::from_utf8_lossy(bytes);
        if !may_declare(&text, &|name| self.simple_names.names.contains(name)) {
            return None;
        }
        // Others ask for others of it.
        let wanted = |full_name: &str| self.looked.is_some() || self.full_names.contains(full_name);
        Some(declared_of(&text, &wanted).into_iter().map(Arc::new).collect())
    }

    /// What is asked for of what a file declares.
    fn asked(&self, whole: &Whole) -> Vec<Arc<Declared>> {
        whole.iter().filter(|d| self.full_names.contains(&*d.full_name)).cloned().collect()
    }

    /// The message, enum or service itself.
    fn find(&self, blob: Id, query: &Query) -> Option<&Declared> {
        let what = match query.sort {
            Sort::Message => Holds::Message,
            Sort::Enum => Holds::Enum,
            Sort::Service => Holds::Service,
        };
        self.known
            .get(&blob)
            .filter(|_| query.own)?
            .iter()
            .find(|d| d.what == what && d.full_name == *query.full_name)
            .map(|found| &**found)
    }

    /// What a file extends the message with.
    fn extended(&self, blob: Id, query: &Query) -> Option<&Declared> {
        let what = Holds::Extensions;
        self.known
            .get(&blob)
            .filter(|_| query.sort == Sort::Message)?
            .iter()
            .find(|d| d.what == what && d.full_name == *query.full_name)
            .map(|found| &**found)
    }

    fn declares_any(&self, blob: Id) -> bool {
        self.known.get(&blob).is_some_and(|d| !d.is_empty())
    }

    fn trouble(&self) -> Option<String> {
        let first = self.unread.first()?;
        Some(match self.unread.len() {
            1 => format!("a file of a published version could not be looked at: {first}"),
            n => format!("{n} files of published versions could not be looked at; of the first, {first}"),
        })
    }
}

/// Names to look for in texts.
#[derive(Debug)]
struct Words<'a> {
    names: FxHashSet<&'a str>,
    /// The bytes with which one begins.
    starts: [bool; 256],
    longest: usize,
}

impl<'a> Words<'a> {
    fn new(names: FxHashSet<&'a str>) -> Words<'a> {
        let mut words = Words { starts: [false; 256], longest: 0, names };
        for name in words.names.iter().filter(|name| !name.is_empty()) {
            words.starts[usize::from(name.as_bytes()[0])] = true;
            words.longest = words.longest.max(name.len());
        }
        words
    }

    /// Whether a text has one of the names as a word of its own.
    fn is_one_in(&self, text: &[u8]) -> bool {
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let words = text.split(|byte| !is_part(byte));
        // Most words begin with another letter, and cost one look.
        let starts = |word: &&[u8]| word.first().is_some_and(|byte| self.starts[usize::from(*byte)]);
        let mut likely = words.filter(starts).filter(|word| word.len() <= self.longest);
        likely.any(|word| std::str::from_utf8(word).is_ok_and(|word| self.names.contains(word)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_word_of_its_own() {
        let names = Words::new(FxHashSet::from_iter(["Item", "Note"]));
        assert!(names.is_one_in(b"message Item{"));
        assert!(names.is_one_in(b"LineItem pay.Note"));
        assert!(!names.is_one_in(b"message LineItem {} message Items {} Item_2"));
    }

    #[test]
    fn every_keyword_is_a_scalar_and_nothing_else_is() {
        for word in ["double", "sfixed64", "bool", "bytes"] {
            assert_eq!(scalar(word).map(Type::as_str), Some(word));
        }
        for word in ["group", "message", "enum", "Item"] {
            assert_eq!(scalar(word), None);
        }
    }
}
