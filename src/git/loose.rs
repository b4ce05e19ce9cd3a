//! Objects in files of their own, read to their end before libgit2 is asked for them. A full disk or a power failure
//! damages them, and libgit2 does not promise an answer then; here every damage is an error that names the object.

use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::ZlibDecoder;
use git2::{Error, ErrorClass, ErrorCode, ObjectType, Oid, Repository};
use rayon::prelude::*;

/// How many tags of tags are followed; libgit2 does not count.
pub(super) const MAX_TAGS: usize = 1000;
/// How many folders of objects one repository may have, with those it borrows from.
const MAX_FOLDERS: usize = 32;
/// The largest list of folders to borrow from that is read, in bytes.
const MAX_LIST: u64 = 1 << 20;
/// How many bytes the head of an object takes at most: its kind and its size.
const MAX_HEAD: usize = 32;

/// Whether an object can be read to its end. Objects in packs and objects that are not here are not looked at:
/// libgit2 knows what to say of them.
pub(super) fn sound(repository: &Repository, id: Oid) -> Result<(), Error> {
    sound_in(&folders(repository), id)
}

/// [`sound`] for many objects of one repository, whose [`folders`] are given.
pub(super) fn sound_in(folders: &[PathBuf], id: Oid) -> Result<(), Error> {
    let name = id.to_string();
    for folder in folders {
        match File::open(folder.join(&name[..2]).join(&name[2..])) {
            Ok(file) => return whole(file, false).map_err(|e| damaged(&name, &e)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(damaged(&name, &e)),
        }
    }
    Ok(())
}

/// What a commit or tag leads to can be read, down to the folder: [`sound`] for each step.
pub(super) fn sound_to_tree(repository: &Repository, id: Oid) -> Result<(), Error> {
    let mut id = id;
    for _ in 0..MAX_TAGS {
        sound(repository, id)?;
        let Ok((_, kind)) = repository.odb()?.read_header(id) else { return Ok(()) };
        id = match kind {
            ObjectType::Commit => repository.find_commit(id)?.tree_id(),
            ObjectType::Tag => repository.find_tag(id)?.target_id(),
            _ => return Ok(()),
        };
    }
    Err(Error::new(ErrorCode::GenericError, ErrorClass::Tag, "too many tags of tags"))
}

/// [`sound`] for everything but the content of files: before libgit2 walks through history by itself.
pub(super) fn sound_history(repository: &Repository) -> Result<(), Error> {
    let mut files: Vec<(String, PathBuf)> = Vec::new();
    for folder in folders(repository) {
        for high in entries(&folder).filter(|(name, _)| is_hex(name, 2)) {
            let low = entries(&high.1).filter(|(name, _)| name.len() >= 38 && is_hex(name, name.len()));
            files.extend(low.map(|(name, path)| (format!("{}{name}", high.0), path)));
        }
    }
    files.sort();
    let found = files.par_iter().with_min_len(64).map(|(name, path)| {
        let file = File::open(path).map_err(|e| damaged(name, &e))?;
        whole(file, true).map_err(|e| damaged(name, &e))
    });
    // The first by name, whichever thread finds one first.
    found.collect::<Vec<Result<(), Error>>>().into_iter().collect()
}

fn damaged(name: &str, why: &io::Error) -> Error {
    let message = format!("its object {name} is damaged: {why}");
    Error::new(ErrorCode::GenericError, ErrorClass::Odb, message)
}

/// Reads an object to its end, but for the content of files if that is not asked for.
fn whole(file: File, leave_blobs: bool) -> io::Result<()> {
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is no file"));
    }
    let mut content = ZlibDecoder::new(BufReader::new(file));
    let mut head = Vec::with_capacity(MAX_HEAD);
    let mut byte = [0];
    while head.len() < MAX_HEAD && content.read(&mut byte)? == 1 && byte[0] != 0 {
        head.push(byte[0]);
    }
    let head = std::str::from_utf8(&head).ok().and_then(|h| h.split_once(' '));
    let size = head.and_then(|(_, size)| size.parse::<u64>().ok());
    let (Some((kind, _)), Some(size)) = (head, size) else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it does not begin as an object"));
    };
    if leave_blobs && kind == "blob" {
        return Ok(());
    }
    // One byte more: what is longer than it says is damaged too.
    let read = io::copy(&mut (&mut content).take(size.saturating_add(1)), &mut io::sink())?;
    if read == size { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// The repository's own folder of objects, and those it borrows from (`objects/info/alternates`).
pub(super) fn folders(repository: &Repository) -> Vec<PathBuf> {
    let mut folders = vec![repository.commondir().join("objects")];
    let mut at = 0;
    while let Some(folder) = folders.get(at).cloned() {
        at += 1;
        for borrowed in alternates(&folder) {
            if folders.len() < MAX_FOLDERS && !folders.contains(&borrowed) {
                folders.push(borrowed);
            }
        }
    }
    folders
}

fn alternates(folder: &Path) -> Vec<PathBuf> {
    let path = folder.join("info/alternates");
    let small = fs::metadata(&path).is_ok_and(|m| m.is_file() && m.len() <= MAX_LIST);
    let text = if small { fs::read_to_string(&path).unwrap_or_default() } else { String::new() };
    let lines = text.lines().filter(|l| !l.is_empty() && !l.starts_with('#'));
    lines.map(|line| folder.join(line)).collect()
}

fn entries(folder: &Path) -> impl Iterator<Item = (String, PathBuf)> {
    let listed = fs::read_dir(folder).into_iter().flatten().flatten();
    listed.filter_map(|e| Some((e.file_name().into_string().ok()?, e.path())))
}

fn is_hex(name: &str, len: usize) -> bool {
    name.len() == len && name.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A repository with a commit of one file, and the ids of the file and of the commit.
    fn repository() -> (tempfile::TempDir, Oid, Oid) {
        let dir = tempfile::tempdir().unwrap();
        let repository = Repository::init(dir.path()).unwrap();
        // Large enough to be read in pieces.
        let text: String = (0..40_000).map(|n| format!("// {n}\n")).collect();
        let blob = repository.blob(text.as_bytes()).unwrap();
        let mut tree = repository.treebuilder(None).unwrap();
        tree.insert("a.proto", blob, 0o100_644).unwrap();
        let tree = repository.find_tree(tree.write().unwrap()).unwrap();
        let who = git2::Signature::new("A", "a@example.com", &git2::Time::new(1_700_000_000, 0)).unwrap();
        let commit = repository.commit(Some("HEAD"), &who, &who, "one", &tree, &[]).unwrap();
        (dir, blob, commit)
    }

    fn path(dir: &tempfile::TempDir, id: Oid) -> PathBuf {
        let name = id.to_string();
        dir.path().join(".git/objects").join(&name[..2]).join(&name[2..])
    }

    /// Puts other bytes in the place of an object.
    fn put(path: &Path, bytes: &[u8]) {
        // Objects are read-only files.
        fs::remove_file(path).unwrap();
        fs::write(path, bytes).unwrap();
    }

    #[test]
    fn what_is_whole_is_sound() {
        let (dir, blob, commit) = repository();
        let repository = Repository::open(dir.path()).unwrap();
        sound(&repository, blob).unwrap();
        sound_to_tree(&repository, commit).unwrap();
        sound_history(&repository).unwrap();
        // What is not here is not damaged.
        sound(&repository, Oid::from_str("0123456789012345678901234567890123456789").unwrap()).unwrap();
    }

    #[test]
    fn what_libgit2_refuses_is_refused_before_it_is_asked() {
        let (dir, blob, commit) = repository();
        for id in [blob, commit] {
            let path = path(&dir, id);
            let whole = fs::read(&path).unwrap();
            let mut checksum = whole.clone();
            *checksum.last_mut().unwrap() ^= 1;
            for damaged in [&checksum[..], b"neither compressed nor an object"] {
                put(&path, damaged);
                // Anew each time, as libgit2 remembers what it has read.
                let repository = Repository::open(dir.path()).unwrap();
                // It sees the checksum only in the hash of the object, if it is told to look at that.
                let unsure = damaged == checksum;
                assert!(unsure || repository.find_object(id, None).is_err(), "libgit2 takes it");
                let error = sound(&repository, id).unwrap_err();
                assert!(error.message().contains(&format!("its object {id} is damaged")), "{error}");
            }
            put(&path, &whole);
        }
    }

    #[test]
    fn history_is_looked_at_but_for_the_content_of_files() {
        let (dir, blob, commit) = repository();
        let damage = |id: Oid| {
            let path = path(&dir, id);
            let mut bytes = fs::read(&path).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            put(&path, &bytes);
        };
        damage(blob);
        sound_history(&Repository::open(dir.path()).unwrap()).unwrap();
        damage(commit);
        let repository = Repository::open(dir.path()).unwrap();
        for error in [sound_history(&repository), sound_to_tree(&repository, commit)] {
            assert!(error.unwrap_err().message().contains(&commit.to_string()));
        }
    }

    #[test]
    fn borrowed_objects_are_looked_at_too() {
        let (dir, blob, _) = repository();
        let borrower = tempfile::tempdir().unwrap();
        Repository::init(borrower.path()).unwrap();
        let list = borrower.path().join(".git/objects/info/alternates");
        fs::write(list, format!("# borrowed\n{}\n", dir.path().join(".git/objects").display())).unwrap();
        let open = || Repository::open(borrower.path()).unwrap();
        sound(&open(), blob).unwrap();
        put(&path(&dir, blob), b"neither compressed nor an object");
        assert!(sound(&open(), blob).is_err());
    }

    #[test]
    fn a_file_with_other_bytes_than_its_name_says_is_not_read() {
        let (dir, blob, _) = repository();
        let repository = Repository::open(dir.path()).unwrap();
        let other = repository.blob(b"other bytes").unwrap();
        let whole = fs::read(path(&dir, other)).unwrap();
        put(&path(&dir, blob), &whole);
        sound(&repository, blob).unwrap();
        let repo = super::super::Repo::open(dir.path()).unwrap();
        let place = [dir.path().join(".git")];
        let read = |oid: Oid| {
            let id = super::super::Id::from_bytes(oid.as_bytes()).unwrap();
            let blobs = [super::super::BlobRef { repository: 0, id }];
            super::super::read_blobs(&place, &blobs).remove(0)
        };
        assert_eq!(&read(other).unwrap()[..], b"other bytes");
        let error = read(blob).unwrap_err().to_string();
        assert!(error.contains(&format!("its object {blob} is damaged")), "{error}");
        drop(repo);
    }
}
