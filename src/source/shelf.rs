//! Scans in the cache: what earlier runs found in files, by the ids of their bytes. And what checks of several states came
//! to, in a folder of their own, by a digest of all that they rest on.
//!
//! Of scans nothing else is kept: no path, and nothing of a file but what [`Scan`] holds. The cache answers nothing that the files
//! would not: a part of it that is cut, changed, or of another version of the program counts as not there and is written
//! again, and where it cannot be written the run goes on without it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{ContentId, Scan};
use crate::compile::{Declares, Look};
use crate::config::Root;
use crate::machine::{Cache, Space, sha256, write_whole};

/// How many files the scans are in, by the first byte of the id: a run writes only those that have something new.
const PARTS: usize = 16;
/// How many scans stay in one of them. Beyond this only those that the run has used are kept.
const MOST: usize = 4096;
/// The largest file that is read, in bytes.
const MOST_BYTES: u64 = 16 << 20;
/// How long a file stays that nobody writes.
const AGE: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// What the names of files begin with that hold roots.
const ROOTS: &str = "roots-";
/// How many of these stay.
const MOST_ROOTS: usize = 64;
/// How many answers stay.
const MOST_ANSWERS: usize = 64;
/// Changes when a scan holds something else, or in another form.
const FORM: &str = concat!("2-", env!("CARGO_PKG_VERSION"));

pub(super) type Known = FxHashMap<ContentId, Arc<Scan>>;

/// The scans of earlier runs.
#[derive(Clone, Debug)]
pub(super) struct Shelf {
    folder: PathBuf,
}

impl Shelf {
    pub(super) fn of(cache: &Cache) -> Shelf {
        Shelf::in_space(cache, Space::Scans)
    }

    /// The same of another kind of thing.
    pub(super) fn in_space(cache: &Cache, space: Space) -> Shelf {
        Shelf { folder: cache.space(space).join(FORM) }
    }

    fn part(&self, part: usize) -> PathBuf {
        self.folder.join(format!("{part:x}"))
    }

    /// All of them.
    pub(super) fn load(&self) -> Known {
        let parts: Vec<Known> = (0..PARTS).into_par_iter().map(|part| self.read(part)).collect();
        parts.into_iter().flatten().collect()
    }

    fn read(&self, part: usize) -> Known {
        decoded(&self.bytes(&self.part(part))).unwrap_or_default()
    }

    /// What a file holds; nothing where it is none.
    fn bytes(&self, path: &Path) -> Vec<u8> {
        let small = fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() <= MOST_BYTES);
        if small { fs::read(path).unwrap_or_default() } else { Vec::new() }
    }

    /// Writes the parts that have something new in them. Nothing depends on it.
    pub(super) fn keep(&self, known: &Known, new: &[ContentId], used: &FxHashSet<ContentId>) {
        if fs::create_dir_all(&self.folder).is_err() {
            return;
        }
        let parts: FxHashSet<usize> = new.iter().map(part_of).collect();
        parts.into_par_iter().for_each(|part| {
            let mut scans: Vec<_> = known.iter().filter(|(id, _)| part_of(id) == part).collect();
            if scans.len() > MOST {
                scans.retain(|(id, _)| used.contains(id));
                scans.truncate(MOST);
            }
            scans.sort_by_key(|(id, _)| **id);
            let bytes = encoded(&scans);
            let _ = write_whole(&self.part(part), |out| out.write_all(&bytes));
        });
        self.forget();
    }

    /// Where the roots of a contract are, by a digest of its files.
    fn place_of(&self, digest: &str) -> PathBuf {
        self.folder.join(format!("{ROOTS}{digest}"))
    }

    /// The import roots that an earlier run found in files with this digest, of which none asks for more than a look.
    pub(super) fn roots(&self, digest: &str) -> Option<Vec<Root>> {
        let path = self.place_of(digest);
        let found = decoded_roots(&self.bytes(&path), digest)?;
        still_used(&path);
        Some(found)
    }

    /// Keeps such roots. Nothing depends on it.
    pub(super) fn keep_roots(&self, digest: &str, roots: &[Root]) {
        self.keep_one(&self.place_of(digest), &encoded_roots(digest, roots), ROOTS, MOST_ROOTS);
    }

    /// What an earlier run came to, by a digest of all that it rests on.
    pub(super) fn answer(&self, digest: &str) -> Option<Vec<u8>> {
        let path = self.place(digest);
        let bytes = self.bytes(&path);
        let mut rest = Reader::of_hashed(&bytes)?;
        // A file that was put in the place of another answers another question.
        let own = rest.bytes()? == digest.as_bytes();
        let answer = rest.bytes()?.to_vec();
        (own && rest.0.is_empty()).then(|| still_used(&path))?;
        Some(answer)
    }

    /// Keeps what a run came to, unless that is too large to be read again. Nothing depends on it.
    pub(super) fn keep_answer(&self, digest: &str, answer: &[u8]) {
        let mut out = Writer(Vec::new());
        out.bytes(digest.as_bytes());
        out.bytes(answer);
        let bytes = out.hashed();
        if bytes.len() as u64 <= MOST_BYTES {
            self.keep_one(&self.place(digest), &bytes, "", MOST_ANSWERS);
        }
    }

    /// Where an answer is.
    pub(super) fn place(&self, digest: &str) -> PathBuf {
        self.folder.join(digest)
    }

    /// Writes one file of those whose names begin alike, of which so many stay.
    fn keep_one(&self, path: &Path, bytes: &[u8], names: &str, most: usize) {
        if fs::create_dir_all(&self.folder).is_err() {
            return;
        }
        let _ = write_whole(path, |out| out.write_all(bytes));
        self.forget();
        // The oldest go, where there are too many.
        let files = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let kept = files.filter(|file| file.file_name().to_string_lossy().starts_with(names));
        let mut kept: Vec<(SystemTime, PathBuf)> =
            kept.filter_map(|file| Some((file.metadata().ok()?.modified().ok()?, file.path()))).collect();
        kept.sort();
        let most = kept.len().saturating_sub(most);
        kept[..most].iter().for_each(|(_, path)| _ = fs::remove_file(path));
    }

    /// Removes what was not written for long, and what versions of the program left behind that nobody runs.
    fn forget(&self) {
        let old = |path: &PathBuf| {
            let age = fs::metadata(path).and_then(|file| file.modified()).ok();
            age.and_then(|age| SystemTime::now().duration_since(age).ok()).is_some_and(|age| age > AGE)
        };
        for entry in
            self.folder.parent().and_then(|all| fs::read_dir(all).ok()).into_iter().flatten().flatten()
        {
            let files = fs::read_dir(entry.path()).into_iter().flatten().flatten().map(|file| file.path());
            let (gone, left): (Vec<_>, Vec<_>) = files.partition(old);
            gone.iter().for_each(|path| _ = fs::remove_file(path));
            if left.is_empty() {
                let _ = fs::remove_dir(entry.path());
            }
        }
    }

    /// Says that the parts are in use.
    pub(super) fn touch(&self) {
        (0..PARTS).for_each(|part| still_used(&self.part(part)));
    }
}

/// Says that a file is in use.
fn still_used(path: &Path) {
    // Once a day is often enough.
    let young = fs::metadata(path).and_then(|file| file.modified()).ok();
    let young = young.and_then(|at| SystemTime::now().duration_since(at).ok());
    if young.is_some_and(|age| age > Duration::from_secs(24 * 60 * 60))
        && let Ok(file) = File::options().write(true).open(path)
    {
        let _ = file.set_modified(SystemTime::now());
    }
}

fn part_of(id: &ContentId) -> usize {
    usize::from(id.as_bytes()[0]) % PARTS
}

fn encoded_roots(digest: &str, roots: &[Root]) -> Vec<u8> {
    let mut out = Writer(Vec::new());
    out.bytes(digest.as_bytes());
    let texts = roots.iter().flat_map(|root| [root.path.clone(), root.prefix.clone()]);
    out.list(&texts.collect::<Vec<_>>());
    out.hashed()
}

fn decoded_roots(bytes: &[u8], digest: &str) -> Option<Vec<Root>> {
    let mut rest = Reader::of_hashed(bytes)?;
    if rest.bytes()? != digest.as_bytes() {
        return None;
    }
    let texts = rest.list()?;
    let (pairs, odd) = texts.as_chunks::<2>();
    let roots = pairs.iter().map(|[path, prefix]| Root { path: path.clone(), prefix: prefix.clone() });
    (odd.is_empty() && rest.0.is_empty()).then(|| roots.collect())
}

/// The hash of what follows, and the scans.
fn encoded(scans: &[(&ContentId, &Arc<Scan>)]) -> Vec<u8> {
    let mut out = Writer(Vec::new());
    out.number(scans.len());
    for (id, scan) in scans {
        out.bytes(id.as_bytes());
        out.scan(scan);
    }
    out.hashed()
}

fn decoded(bytes: &[u8]) -> Option<Known> {
    let mut rest = Reader::of_hashed(bytes)?;
    let mut known = Known::default();
    for _ in 0..rest.number()? {
        let id = ContentId::from_bytes(rest.bytes()?)?;
        known.insert(id, Arc::new(rest.scan()?));
    }
    rest.0.is_empty().then_some(known)
}

/// Texts and numbers as bytes, each with its length in front.
#[derive(Default)]
pub(super) struct Writer(pub(super) Vec<u8>);

impl Writer {
    /// What was written, behind its hash.
    fn hashed(self) -> Vec<u8> {
        let mut bytes = sha256(&self.0).into_bytes();
        bytes.extend(self.0);
        bytes
    }

    pub(super) fn number(&mut self, number: usize) {
        self.0.extend(u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len());
        self.0.extend(bytes);
    }

    pub(super) fn list(&mut self, list: &[String]) {
        self.number(list.len());
        list.iter().for_each(|text| self.bytes(text.as_bytes()));
    }

    fn option(&mut self, option: Option<&String>) {
        self.list(option.map(std::slice::from_ref).unwrap_or_default());
    }

    fn scan(&mut self, scan: &Scan) {
        // Every field is named, so that a new one is not forgotten.
        let Scan { imports, public, look, unclear, unreadable: _, edition, .. } = scan;
        let Scan { extends, allows, go_package, java_package, paths, .. } = scan;
        let Look { package, types, declares, any } = &**look;
        let Declares { messages, enums, extensions } = *declares;
        let flags = [*unclear, *edition, messages, enums, extensions, *any, *extends, *allows];
        self.0.push(flags.iter().rev().fold(0, |byte, flag| byte << 1 | u8::from(*flag)));
        [imports, public, types].into_iter().for_each(|list| self.list(list));
        [package, go_package, java_package, paths]
            .into_iter()
            .for_each(|option| self.option(option.as_ref()));
    }
}

/// Reads what a [`Writer`] wrote; `None` where it did not.
pub(super) struct Reader<'b>(pub(super) &'b [u8]);

impl<'b> Reader<'b> {
    /// What stands behind a hash, if that is its own.
    fn of_hashed(bytes: &'b [u8]) -> Option<Reader<'b>> {
        let (hash, body) = bytes.split_at_checked(64)?;
        (sha256(body).as_bytes() == hash).then_some(Reader(body))
    }

    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn number(&mut self) -> Option<usize> {
        let bytes = self.take(4)?.try_into().ok()?;
        usize::try_from(u32::from_le_bytes(bytes)).ok()
    }

    pub(super) fn bytes(&mut self) -> Option<&'b [u8]> {
        let count = self.number()?;
        self.take(count)
    }

    pub(super) fn list(&mut self) -> Option<Vec<String>> {
        let count = self.number()?;
        (0..count).map(|_| String::from_utf8(self.bytes()?.to_vec()).ok()).collect()
    }

    fn option(&mut self) -> Option<Option<String>> {
        let mut list = self.list()?;
        if list.len() > 1 { None } else { Some(list.pop()) }
    }

    fn scan(&mut self) -> Option<Scan> {
        let byte = self.take(1)?[0];
        let [unclear, edition, messages, enums, extensions, any, extends, allows] =
            std::array::from_fn(|bit| byte >> bit & 1 == 1);
        let [imports, public, types] = [self.list()?, self.list()?, self.list()?];
        let [package, go_package, java_package] = [self.option()?, self.option()?, self.option()?];
        let paths = self.option()?;
        let declares = Declares { messages, enums, extensions };
        let unreadable = false;
        Some(Scan {
            imports,
            public,
            look: Look { package, types, declares, any }.into(),
            unclear,
            unreadable,
            edition,
            extends,
            allows,
            go_package,
            java_package,
            paths,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::scan;
    use super::*;
    use proptest::prelude::*;

    const TEXTS: [&str; 5] = [
        "syntax = 'proto3'; package a.b; import 'x.proto'; import public 'y.proto'; message M {} enum E { A = 0; }",
        "edition = '2023'; option go_package = 'g'; option java_package = 'j';",
        "extend M { optional google.protobuf.Any a = 1; } // protopact:allow X y",
        "import a b;",
        "",
    ];

    fn known() -> Known {
        TEXTS.iter().map(|t| (ContentId::of(t.as_bytes()), Arc::new(scan(t.as_bytes())))).collect()
    }

    fn kept(shelf: &Shelf, known: &Known) {
        let ids: Vec<ContentId> = known.keys().copied().collect();
        shelf.keep(known, &ids, &ids.iter().copied().collect());
    }

    #[test]
    fn what_was_found_is_there_the_next_time_and_no_path() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::of(&Cache::at(folder.path().to_owned()));
        assert!(shelf.load().is_empty());
        kept(&shelf, &known());
        assert_eq!(shelf.load(), known());
        // Of two runs that write at once, either is right.
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    kept(&shelf, &known());
                    assert_eq!(shelf.load(), known());
                });
            }
        });
    }

    #[test]
    fn a_part_that_is_not_whole_counts_as_not_there_and_is_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::of(&Cache::at(folder.path().to_owned()));
        kept(&shelf, &known());
        let id = *known().keys().min().unwrap();
        let path = shelf.part(part_of(&id));
        let whole = fs::read(&path).unwrap();
        let mut turned = whole.clone();
        *turned.last_mut().unwrap() ^= 1;
        for broken in [&whole[..whole.len() - 1], &whole[..10], &[], &turned[..]] {
            fs::write(&path, broken).unwrap();
            assert!(!shelf.load().contains_key(&id));
            kept(&shelf, &known());
            assert_eq!(fs::read(&path).unwrap(), whole, "the same scans are the same bytes");
        }
    }

    #[test]
    fn roots_are_kept_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::of(&Cache::at(folder.path().to_owned()));
        let root = |path: &str, prefix: &str| Root { path: path.to_owned(), prefix: prefix.to_owned() };
        for roots in [vec![], vec![root("", "")], vec![root("a/b", "x.y"), root("c", "")]] {
            shelf.keep_roots("0123", &roots);
            assert_eq!(shelf.roots("0123"), Some(roots));
        }
        assert_eq!(shelf.roots("4567"), None);
        let path = shelf.place_of("0123");
        let whole = fs::read(&path).unwrap();
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            assert_eq!(shelf.roots("0123"), None, "{length} bytes");
        }
        for at in 0..whole.len() {
            let mut turned = whole.clone();
            turned[at] ^= 1;
            fs::write(&path, turned).unwrap();
            assert_eq!(shelf.roots("0123"), None, "byte {at}");
        }
        // Under the name of another digest.
        fs::write(shelf.place_of("4567"), &whole).unwrap();
        assert_eq!(shelf.roots("4567"), None);
        for number in 0..MOST_ROOTS + 9 {
            shelf.keep_roots(&format!("{number:04}"), &[]);
        }
        let kept = fs::read_dir(&shelf.folder).unwrap().count();
        assert_eq!(kept, MOST_ROOTS);
    }

    #[test]
    fn a_shelf_that_cannot_be_written_is_none() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("scans"), "a file").unwrap();
        let shelf = Shelf::of(&Cache::at(folder.path().to_owned()));
        kept(&shelf, &known());
        shelf.touch();
        assert!(shelf.load().is_empty());
    }

    #[test]
    fn what_is_old_goes_and_what_is_used_stays() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::of(&Cache::at(folder.path().to_owned()));
        kept(&shelf, &known());
        let earlier = folder.path().join("scans/0-0.0.1");
        fs::create_dir(&earlier).unwrap();
        fs::write(earlier.join("0"), "").unwrap();
        let long_ago = SystemTime::now() - AGE - AGE;
        let age =
            |path: PathBuf| File::options().write(true).open(path).unwrap().set_modified(long_ago).unwrap();
        age(earlier.join("0"));
        fs::read_dir(&shelf.folder).unwrap().for_each(|file| age(file.unwrap().path()));
        shelf.touch();
        shelf.forget();
        assert!(!earlier.exists());
        assert_eq!(shelf.load(), known());
    }

    #[test]
    fn no_more_is_kept_than_fits() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::of(&Cache::at(folder.path().to_owned()));
        let id =
            |number: u32| ContentId::from_bytes(&[&[0_u8; 16][..], &number.to_be_bytes()].concat()).unwrap();
        let all: Known = (0..MOST as u32 + 9).map(|n| (id(n), Arc::new(Scan::default()))).collect();
        let used: FxHashSet<ContentId> = (0..7).map(id).collect();
        shelf.keep(&all, &[id(3)], &used);
        assert_eq!(shelf.load().len(), 7);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut whole = sha256(&bytes).into_bytes();
            whole.extend(&bytes);
            let _ = decoded(&bytes);
            let _ = decoded(&whole);
        }
    }
}
