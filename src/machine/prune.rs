//! What nobody has used for long leaves the cache: programs, and the environments they run in.
//!
//! Each has a mark, an empty file beside it that says that it is whole. A run that uses a program touches the mark and
//! holds a lock on it until it ends, so what is young or held stays. Nothing here fails a run: what cannot be removed
//! now is tried again the next time.

use std::cmp::Reverse;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How long something stays without being used.
const AGE: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// One kind of thing that is kept in a folder.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// The name of the mark in the folder of each.
    pub mark: &'static str,
    /// How many stay whatever their age.
    pub keep: usize,
    /// Whether a folder of this name is one of them.
    pub ours: fn(&str) -> bool,
}

/// Says that what a mark is of is in use, for as long as the answer is kept.
pub fn hold(mark: &Path) -> Option<File> {
    let file = File::options().write(true).open(mark).ok()?;
    file.lock_shared().ok()?;
    // A folder that cannot be written to is nobody's to prune either.
    let _ = file.set_modified(SystemTime::now());
    Some(file)
}

/// One of a kind.
struct Kept {
    folder: PathBuf,
    mark: PathBuf,
    used: SystemTime,
}

/// Removes what nobody needs any more from a folder, which the caller has locked.
pub fn prune(base: &Path, kinds: &[Kind], now: SystemTime) {
    for kind in kinds {
        old(base, kind, now);
    }
}

fn old(base: &Path, kind: &Kind, now: SystemTime) {
    let Ok(entries) = fs::read_dir(base) else { return };
    let (mut whole, mut unfinished) = (Vec::new(), Vec::new());
    for entry in entries.flatten() {
        if !entry.file_name().to_str().is_some_and(kind.ours) {
            continue;
        }
        let folder = entry.path();
        let mark = folder.join(kind.mark);
        if let Ok(used) = fs::metadata(&mark).and_then(|m| m.modified()) {
            whole.push(Kept { folder, mark, used });
        } else if let Ok(used) = entry.metadata().and_then(|m| m.modified()) {
            // What a build has left that failed; somebody may want to look at it.
            unfinished.push(Kept { folder, mark, used });
        }
    }
    whole.sort_by(|a, b| (Reverse(a.used), &a.folder).cmp(&(Reverse(b.used), &b.folder)));
    for kept in whole.into_iter().skip(kind.keep).chain(unfinished) {
        // A clock that was put back makes nothing old.
        if now.duration_since(kept.used).is_ok_and(|age| age > AGE) {
            remove(&kept);
        }
    }
}

fn remove(kept: &Kept) {
    if let Ok(file) = File::options().write(true).open(&kept.mark) {
        if file.try_lock().is_err() {
            return;
        }
        // Without its mark it is not whole: the next run builds it again, should the rest not go.
        if fs::remove_file(&kept.mark).is_err() {
            return;
        }
    } else if kept.mark.exists() {
        return;
    }
    let _ = fs::remove_dir_all(&kept.folder);
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRAM: &str = "built";
    const ENVIRONMENT: &str = "whole";

    fn hash(name: &str) -> bool {
        name.len() == 20
    }

    const KINDS: [Kind; 2] = [
        Kind { mark: PROGRAM, keep: 8, ours: hash },
        Kind { mark: ENVIRONMENT, keep: 2, ours: |name| name.strip_prefix("venv-").is_some_and(hash) },
    ];

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    /// A folder of a language with programs that were last used so many days ago.
    fn cache(days: &[u32]) -> (tempfile::TempDir, SystemTime) {
        let base = tempfile::tempdir().unwrap();
        let now = SystemTime::now();
        for (index, days) in days.iter().enumerate() {
            put(base.path(), &format!("{index:020x}"), PROGRAM, now - DAY * *days);
        }
        (base, now)
    }

    fn put(base: &Path, name: &str, mark: &str, used: SystemTime) {
        let folder = base.join(name);
        fs::create_dir_all(folder.join("driver")).unwrap();
        fs::write(folder.join("driver/driver"), "program").unwrap();
        File::create(folder.join(mark)).unwrap().set_modified(used).unwrap();
    }

    fn left(base: &Path) -> Vec<String> {
        let names = fs::read_dir(base).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.map(|n| n.trim_start_matches('0').to_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_old_goes_but_for_the_latest() {
        // Ten young ones: age decides, not number.
        let (base, now) = cache(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 29, 31, 400]);
        prune(base.path(), &KINDS, now);
        assert_eq!(left(base.path()), ["", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
        // Nine old ones: the eight that were used last stay.
        let (base, now) = cache(&[90, 40, 41, 42, 43, 44, 45, 46, 47]);
        prune(base.path(), &KINDS, now);
        assert_eq!(left(base.path()), ["1", "2", "3", "4", "5", "6", "7", "8"]);
    }

    #[test]
    fn what_is_in_use_stays() {
        let days: Vec<u32> = (50..60).collect();
        let (base, now) = cache(&days);
        // Held by a run that began long ago.
        let mark = base.path().join(format!("{:020x}", 9)).join(PROGRAM);
        let held = File::options().write(true).open(&mark).unwrap();
        held.lock_shared().unwrap();
        prune(base.path(), &KINDS, now);
        assert_eq!(left(base.path()), ["", "1", "2", "3", "4", "5", "6", "7", "9"]);
        drop(held);
        prune(base.path(), &KINDS, now);
        assert_eq!(left(base.path()), ["", "1", "2", "3", "4", "5", "6", "7"]);
    }

    #[test]
    fn using_it_makes_it_young() {
        let days: Vec<u32> = (50..60).collect();
        let (base, _) = cache(&days);
        drop(hold(&base.path().join(format!("{:020x}", 9)).join(PROGRAM)).unwrap());
        prune(base.path(), &KINDS, SystemTime::now());
        assert_eq!(left(base.path()), ["", "1", "2", "3", "4", "5", "6", "9"]);
    }

    #[test]
    fn environments_and_what_was_never_finished_go_too_and_nothing_else() {
        let (base, now) = cache(&[1, 1, 1, 1, 1, 1, 1, 1]);
        for (index, days) in [40, 50, 60].into_iter().enumerate() {
            put(base.path(), &format!("venv-{index:020x}"), ENVIRONMENT, now - DAY * days);
        }
        let broken = base.path().join(format!("{:020x}", 15));
        fs::create_dir(&broken).unwrap();
        fs::create_dir(base.path().join("aggregate")).unwrap();
        File::create(base.path().join("lock")).unwrap().set_modified(now - DAY * 999).unwrap();
        prune(base.path(), &KINDS, now);
        assert!(broken.exists(), "it is young");
        prune(base.path(), &KINDS, now + DAY * 31);
        let names = left(base.path());
        assert!(!broken.exists(), "{names:?}");
        assert!(names.contains(&"7".to_owned()), "eight stay, {names:?}");
        assert!(names.contains(&"aggregate".to_owned()) && names.contains(&"lock".to_owned()), "{names:?}");
        let environments: Vec<_> = names.iter().filter(|n| n.starts_with("venv-")).collect();
        assert_eq!(environments.len(), 2, "{names:?}");
        assert!(!base.path().join(format!("venv-{:020x}", 2)).exists());
    }
}
