//! The texts of a contract's licence, as they are in the version that was opened.
//!
//! They lie beside the contract, or in a folder around it up to that of the repository: the nearest folder with one
//! counts, for licences and notices apart. A server and a compiled input have none of their own.

use std::fs;
use std::path::Path;

use bytes::Bytes;

use super::{Loaded, Name, Origin, ReadError, SourceError, Tree};
use crate::git::{Repo, is_lfs_pointer};

/// The largest text that is taken for a licence, in bytes: that of all of Debian's common ones together is smaller.
const MAX_TEXT: u64 = 1 << 20;

/// A `LICENSE` or `NOTICE` of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegalText {
    /// The name of the file, without folders.
    pub name: String,
    /// The file.
    pub content: Bytes,
}

impl LegalText {
    /// Whether it says who is to be named, and not what is allowed.
    #[must_use]
    pub fn is_notice(&self) -> bool {
        kind(&self.name) == Some(Kind::Notice)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Licence,
    Notice,
}

/// What a file is by its name: `LICENSE`, `licence.md`, `LICENSE-APACHE`, `COPYING`, `NOTICE.txt`; no `license.proto`.
fn kind(name: &str) -> Option<Kind> {
    const TEXTS: [&str; 6] = ["txt", "md", "markdown", "rst", "adoc", "html"];
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) {
        return None;
    }
    let end = name.find(['.', '-', '_']).unwrap_or(name.len());
    let kind = match name[..end].to_ascii_lowercase().as_str() {
        "license" | "licence" | "unlicense" | "copying" => Kind::Licence,
        "notice" => Kind::Notice,
        _ => return None,
    };
    let text = name.rsplit_once('.').is_none_or(|(_, ending)| {
        // `LICENSE.MIT` and `LICENSE-2.0` have no ending.
        TEXTS.contains(&ending.to_ascii_lowercase().as_str())
            || !ending.contains(|c: char| c.is_ascii_lowercase())
    });
    text.then_some(kind)
}

/// The texts of the licence of a source, sorted by name.
///
/// # Errors
///
/// One cannot be read.
pub fn legal(loaded: &Loaded) -> Result<Vec<LegalText>, SourceError> {
    let Some(tree) = loaded.tree() else { return Ok(Vec::new()) };
    let mut texts = match (tree.origin(), tree.root()) {
        (Some(origin), _) => of_revision(tree.name(), origin)?,
        (None, Some(root)) => of_folder(tree.name(), root)?,
        (None, None) => of_tree(tree)?,
    };
    texts.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(texts)
}

/// Reads a file of a folder; `None` where it is none that is taken.
type Read<'a> = dyn Fn(&str, &str) -> Result<Option<Bytes>, SourceError> + 'a;

/// Takes from each folder what no earlier one has.
fn nearest(
    folders: impl Iterator<Item = (Vec<String>, String)>,
    read: &Read<'_>,
) -> Result<Vec<LegalText>, SourceError> {
    let mut texts: Vec<LegalText> = Vec::new();
    let mut found = Vec::new();
    for (names, folder) in folders {
        let before = texts.len();
        for name in names {
            if kind(&name).is_none_or(|kind| found.contains(&kind)) {
                continue;
            }
            let Some(content) = read(&folder, &name)? else { continue };
            texts.push(LegalText { name, content });
        }
        found.extend(texts[before..].iter().filter_map(|text| kind(&text.name)));
        if found.contains(&Kind::Licence) && found.contains(&Kind::Notice) {
            break;
        }
    }
    Ok(texts)
}

fn unreadable(name: &Name, path: String, source: ReadError) -> SourceError {
    SourceError::Read { path, label: name.told(), source }
}

fn checked(name: &Name, path: &str, bytes: Bytes) -> Result<Bytes, SourceError> {
    let size = bytes.len() as u64;
    if is_lfs_pointer(&bytes) {
        Err(unreadable(name, path.to_owned(), ReadError::LfsPointer))
    } else if size > MAX_TEXT {
        Err(SourceError::ImageTooLarge { text: path.to_owned(), limit: MAX_TEXT })
    } else {
        Ok(bytes)
    }
}

fn of_revision(name: &Name, origin: &Origin) -> Result<Vec<LegalText>, SourceError> {
    let wrong = |source| SourceError::Git { wanted: origin.revision.label(), source: Box::new(source) };
    let repo = Repo::open(&origin.repository).map_err(wrong)?;
    let folders = std::iter::successors(Some(origin.folder.as_str()), |folder| {
        (!folder.is_empty()).then(|| folder.rsplit_once('/').map_or("", |(parent, _)| parent))
    });
    let listed = folders.map(|folder| (repo.names_in(&origin.revision, folder), folder.to_owned()));
    nearest(listed, &|folder, file| {
        let path = if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") };
        let bytes = repo.read_path(&origin.revision, &path).map_err(wrong)?;
        bytes.map(|bytes| checked(name, &path, bytes)).transpose()
    })
}

fn of_folder(name: &Name, root: &Path) -> Result<Vec<LegalText>, SourceError> {
    let around = root.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(root);
    let folders = root.ancestors().take_while(|folder| folder.starts_with(around));
    let listed = folders.map(|folder| {
        // What cannot be listed was not listed for the contract either, which is told there.
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries.filter_map(|e| e.file_name().into_string().ok()).collect();
        names.sort();
        (names, folder.to_string_lossy().into_owned())
    });
    nearest(listed, &|folder, file| {
        let path = Path::new(folder).join(file);
        // A link may lead anywhere in the repository, and not out of it: packages are published.
        let inside = fs::canonicalize(&path).is_ok_and(|real| {
            fs::canonicalize(around).is_ok_and(|around| real.starts_with(around)) && real.is_file()
        });
        if !inside {
            return Ok(None);
        }
        let shown = path.display().to_string();
        let failed = |e| unreadable(name, shown.clone(), ReadError::Io(e));
        if fs::metadata(&path).map_err(failed)?.len() > MAX_TEXT {
            return Err(SourceError::ImageTooLarge { text: shown, limit: MAX_TEXT });
        }
        checked(name, &shown, fs::read(&path).map_err(failed)?.into()).map(Some)
    })
}

fn of_tree(tree: &Tree) -> Result<Vec<LegalText>, SourceError> {
    let names = tree.entries().map(|(path, _)| path.to_owned()).filter(|path| !path.contains('/')).collect();
    nearest(std::iter::once((names, String::new())), &|_, file| {
        let bytes = tree.read(file).map_err(|source| unreadable(tree.name(), file.to_owned(), source))?;
        checked(tree.name(), file, bytes).map(Some)
    })
}

/// Whether a file may hold a licence or a notice, by its name.
pub(super) fn is_legal(name: &str) -> bool {
    kind(name).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(name: &str, files: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let tree = Tree { root: Some(folder.path().join(name)), ..Tree::default() };
        let texts = legal(&Loaded::Tree(tree)).unwrap();
        let told = |text: LegalText| format!("{}={}", text.name, String::from_utf8_lossy(&text.content));
        texts.into_iter().map(told).collect()
    }

    #[test]
    fn names_of_texts() {
        for name in
            ["LICENSE", "Licence.md", "LICENSE-APACHE", "LICENSE-2.0", "COPYING", "UNLICENSE", "LICENSE.MIT"]
        {
            assert!(kind(name) == Some(Kind::Licence), "{name}");
        }
        assert!(kind("NOTICE") == Some(Kind::Notice) && kind("notice.txt") == Some(Kind::Notice));
        for name in
            ["license.proto", "notice.proto", "notices", "license.go", "LICENSES", "LICENSE [old]", "README"]
        {
            assert!(kind(name).is_none(), "{name}");
        }
    }

    #[test]
    fn the_nearest_folder_counts() {
        let files = [
            (".git/HEAD", ""),
            ("LICENSE", "all"),
            ("NOTICE", "who"),
            ("pay/LICENSE-MIT", "pay"),
            ("pay/proto/notice.proto", "syntax"),
            ("mail/proto/a.proto", ""),
        ];
        assert_eq!(texts("mail/proto", &files), ["LICENSE=all", "NOTICE=who"]);
        assert_eq!(texts("pay/proto", &files), ["LICENSE-MIT=pay", "NOTICE=who"]);
    }

    #[test]
    fn without_a_repository_only_its_own_folder_counts() {
        assert_eq!(texts("a", &[("LICENSE", "x"), ("a/b", "")]), Vec::<String>::new());
        assert_eq!(texts("a", &[("a/LICENSE", "x")]), ["LICENSE=x"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_of_the_repository_is_no_licence() {
        let secret = tempfile::tempdir().unwrap();
        fs::write(secret.path().join("key"), "secret").unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("TEXT"), "mine").unwrap();
        std::os::unix::fs::symlink(secret.path().join("key"), folder.path().join("LICENSE")).unwrap();
        std::os::unix::fs::symlink("TEXT", folder.path().join("NOTICE")).unwrap();
        let tree = Tree { root: Some(folder.path().to_owned()), ..Tree::default() };
        let names: Vec<String> = legal(&Loaded::Tree(tree)).unwrap().into_iter().map(|t| t.name).collect();
        assert_eq!(names, ["NOTICE"]);
    }
}
