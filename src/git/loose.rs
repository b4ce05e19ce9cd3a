//! Objects in files of their own, looked at before libgit2 reads them: of one that was cut off (a full disk, a
//! power failure) it waits for the rest and never comes back.

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
