//! A repository of Maven that is a folder: Maven lays a version beside its place, and it gets its names when it is whole.
//!
//! Maven itself writes one file of a version after another, and a program that asks for it in between finds a description
//! without its classes. The list of versions is Maven's too, made from the one that was there.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::super::TargetError;
use super::super::directory;
use super::SUMS;
use crate::machine::{FileError, fail, files_below, write_whole};

const LIST: &str = "maven-metadata.xml";

/// A version that is beside a repository and not in it yet.
#[derive(Debug)]
pub(super) struct Laid {
    /// The folder of the artefact in the repository.
    place: PathBuf,
    /// The version.
    version: String,
    beside: TempDir,
    /// The folder of the artefact, beside.
    made: PathBuf,
    /// The list of versions that Maven has added to.
    list: Option<Vec<u8>>,
}

impl Laid {
    /// Has a version laid beside a repository: `deploy` puts it into the repository that it is given. `artifact` is the
    /// folder of the artefact below a repository.
    pub(super) fn new(
        repository: &Path,
        artifact: &str,
        version: &str,
        deploy: &dyn Fn(&Path) -> Result<(), TargetError>,
    ) -> Result<Laid, TargetError> {
        fs::create_dir_all(repository).map_err(fail("make", repository))?;
        let repository = fs::canonicalize(repository).map_err(fail("read", repository))?;
        directory::clean(&repository);
        let beside = tempfile::Builder::new().prefix(directory::MARK).tempdir_in(&repository);
        // The error as it comes names the temporary folder.
        let beside = beside.map_err(|e| fail("make a folder in", &repository)(e.kind().into()))?;
        let (place, made) = (repository.join(artifact), beside.path().join(artifact));
        let list = read(&place.join(LIST))?;
        for (name, path) in lists(&place)? {
            fs::create_dir_all(&made).map_err(fail("make a folder in", &repository))?;
            fs::copy(&path, made.join(name)).map_err(fail("write a file in", &repository))?;
        }
        deploy(beside.path())?;
        for (_, path) in files_below(&made.join(version))? {
            // A version that has its name is whole, also after the machine lost its power.
            File::open(&path)
                .and_then(|file| file.sync_all())
                .map_err(fail("write a file in", &repository))?;
        }
        Ok(Laid { place, version: version.to_owned(), beside, made, list })
    }

    /// The lock that whoever shows a version holds.
    pub(super) fn lock(&self) -> Result<File, FileError> {
        fs::create_dir_all(&self.place).map_err(fail("make", &self.place))?;
        let path = self.place.join(".protopact.lock");
        let lock = File::options().create(true).truncate(false).write(true).open(&path);
        lock.and_then(|file| file.lock().map(|()| file)).map_err(fail("lock", &path))
    }

    /// Whether the list of versions is another one by now.
    pub(super) fn is_late(&self) -> Result<bool, TargetError> {
        Ok(read(&self.place.join(LIST))? != self.list)
    }

    /// Shows the version, and after it the list that has it.
    pub(super) fn show(self) -> Result<(), TargetError> {
        let Laid { place, version, beside, made, .. } = self;
        fs::create_dir_all(&place).map_err(fail("make", &place))?;
        let (from, to) = (made.join(&version), place.join(&version));
        if let Err(error) = fs::rename(&from, &to) {
            // What a run of Maven has left, of which some files are missing.
            if !to.is_dir() {
                return Err(fail("make", &to)(error).into());
            }
            complete(&from, &to)?;
        }
        let mut names = lists(&made)?;
        // The sums first: the list is what says that all is there.
        names.sort_by_key(|(name, _)| name == LIST);
        for (name, path) in names {
            let content = fs::read(&path).map_err(fail("read", &path))?;
            let path = place.join(name);
            write_whole(&path, |out| out.write_all(&content)).map_err(fail("write", &path))?;
        }
        drop(beside);
        Ok(())
    }
}

/// Gives a folder the files that it lacks. The sums of a file go with that file alone.
fn complete(from: &Path, to: &Path) -> Result<(), TargetError> {
    for (name, path) in files_below(from)? {
        let there = to.join(&name);
        let summed = SUMS.iter().find_map(|end| name.strip_suffix(end));
        let wanted = match summed {
            Some(summed) => read(&to.join(summed))? == read(&from.join(summed))?,
            None => !there.exists(),
        };
        if wanted {
            let content = fs::read(&path).map_err(fail("read", &path))?;
            write_whole(&there, |out| out.write_all(&content)).map_err(fail("write", &there))?;
        }
    }
    Ok(())
}

/// The list of versions and its sums.
fn lists(folder: &Path) -> Result<Vec<(String, PathBuf)>, TargetError> {
    let mut found = Vec::new();
    for end in std::iter::once("").chain(SUMS) {
        let path = folder.join(format!("{LIST}{end}"));
        if path.is_file() {
            found.push((format!("{LIST}{end}"), path));
        }
    }
    Ok(found)
}

/// A file, where there is one.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, TargetError> {
    match fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(fail("read", path)(e).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Maven would put there: one file after another, and at last a list.
    fn deploy(repository: &Path, version: &str) -> Result<(), TargetError> {
        let folder = repository.join("com/acme/pay");
        fs::create_dir_all(folder.join(version)).unwrap();
        for (name, content) in [("pay.pom", "pom"), ("pay.jar", "classes"), ("pay.jar.sha1", "sum")] {
            fs::write(folder.join(version).join(name), content).unwrap();
        }
        let list = String::from_utf8(read(&folder.join(LIST)).unwrap().unwrap_or_default()).unwrap();
        fs::write(folder.join(LIST), format!("{list}{version}\n")).unwrap();
        fs::write(folder.join(format!("{LIST}.sha1")), format!("sum of {list}{version}")).unwrap();
        Ok(())
    }

    fn lay(repository: &Path, version: &str) -> Laid {
        Laid::new(repository, "com/acme/pay", version, &|beside| deploy(beside, version)).unwrap()
    }

    /// The names of everything in the folder of the artefact.
    fn there(repository: &Path) -> Vec<String> {
        let all = files_below(&repository.join("com/acme/pay")).unwrap();
        all.into_iter().map(|(name, _)| name).filter(|name| name != ".protopact.lock").collect()
    }

    fn list(repository: &Path) -> String {
        fs::read_to_string(repository.join("com/acme/pay").join(LIST)).unwrap()
    }

    #[test]
    fn a_version_appears_as_a_whole_and_the_list_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let repository = dir.path().join("m2");
        let laid = lay(&repository, "1.0.0");
        assert_eq!(there(&repository), <Vec<String>>::new(), "nobody sees it yet");
        laid.show().unwrap();
        let first = ["1.0.0/pay.jar", "1.0.0/pay.jar.sha1", "1.0.0/pay.pom", LIST, "maven-metadata.xml.sha1"];
        assert_eq!(there(&repository), first);
        let next = lay(&repository, "1.1.0");
        assert!(!next.is_late().unwrap());
        assert_eq!(list(&repository), "1.0.0\n");
        next.show().unwrap();
        assert_eq!(list(&repository), "1.0.0\n1.1.0\n");
        assert_eq!(fs::read_dir(&repository).unwrap().count(), 1, "nothing is left beside");
    }

    #[test]
    fn a_list_that_another_version_came_to_is_known() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (lay(dir.path(), "1.0.0"), lay(dir.path(), "2.0.0"));
        one.show().unwrap();
        assert!(two.is_late().unwrap());
        lay(dir.path(), "2.0.0").show().unwrap();
        assert_eq!(list(dir.path()), "1.0.0\n2.0.0\n");
    }

    #[test]
    fn what_a_run_that_died_has_left_is_completed() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("com/acme/pay");
        // The names without the list, as between two steps here; and a part, as a run of Maven leaves it.
        for left in [&["pay.pom", "pay.jar", "pay.jar.sha1"][..], &["pay.jar"], &["pay.pom"], &[]] {
            let _ = fs::remove_dir_all(&folder);
            deploy(dir.path(), "1.0.0").unwrap();
            for (name, path) in files_below(&folder).unwrap() {
                if !left.iter().any(|left| name.ends_with(&format!("/{left}"))) {
                    fs::remove_file(path).unwrap();
                }
            }
            lay(dir.path(), "1.0.0").show().unwrap();
            assert_eq!(there(dir.path()).len(), 5, "{left:?}");
            assert_eq!(list(dir.path()), "1.0.0\n");
        }
        // Classes of another day stay, and the sum of ours is not put beside them.
        fs::write(folder.join("1.0.0/pay.jar"), "others").unwrap();
        fs::write(folder.join("1.0.0/pay.jar.sha1"), "their sum").unwrap();
        fs::remove_file(folder.join(LIST)).unwrap();
        lay(dir.path(), "1.0.0").show().unwrap();
        assert_eq!(fs::read_to_string(folder.join("1.0.0/pay.jar.sha1")).unwrap(), "their sum");
        assert_eq!(list(dir.path()), "1.0.0\n");
    }
}
