//! Plugins in the cache: `plugins/NAME/VERSION/SHA256/…`. What a path holds is what its name says, so nothing in it is
//! ever changed.

use std::io;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use super::{Form, Pinned, Source};
use crate::machine::{Cache, Space, sha256_file};

/// The folder of one plugin's content.
#[must_use]
pub fn folder(cache: &Cache, plugin: &Pinned, sha256: &str) -> PathBuf {
    cache.space(Space::Plugins).join(plugin.name).join(plugin.version).join(sha256)
}

/// Puts an installed plugin into its place; what is there with another content is replaced.
///
/// # Errors
///
/// The cache cannot be written to.
pub fn keep(cache: &Cache, plugin: &Pinned, sha256: &str, from: &Path) -> io::Result<PathBuf> {
    let place = folder(cache, plugin, sha256);
    cache.keep(from, &place, |there| digest(plugin, there).is_ok_and(|found| found == sha256))?;
    Ok(place)
}

/// The name of the file that is the plugin, below its folder.
#[must_use]
pub fn entry(plugin: &Pinned) -> String {
    match plugin.source {
        Source::Pip => "grpc_tools".to_owned(),
        Source::Maven { form: Form::Jar(_), .. } => format!("{}.jar", plugin.name),
        _ => format!("{}{}", plugin.name, std::env::consts::EXE_SUFFIX),
    }
}

/// The hash of an installed plugin, in hexadecimal: of the program, or of every file of the library.
///
/// # Errors
///
/// It cannot be read.
pub fn digest(plugin: &Pinned, folder: &Path) -> io::Result<String> {
    let path = folder.join(entry(plugin));
    match plugin.source {
        Source::Pip => tree(&path),
        _ => sha256_file(&path),
    }
}

/// One hash over the paths and contents of a folder. What Python writes while it runs is left out.
fn tree(folder: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut any = false;
    let walk = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter();
    for entry in walk.filter_entry(|e| e.file_name() != "__pycache__") {
        let entry = entry?;
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix(folder).unwrap_or(entry.path());
            hash.update(format!(
                "{}  {}\n",
                sha256_file(entry.path())?,
                path.to_string_lossy().replace('\\', "/")
            ));
            any = true;
        }
    }
    if any { Ok(HEXLOWER.encode(&hash.finalize())) } else { Err(io::ErrorKind::NotFound.into()) }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::codegen::sdk;

    #[test]
    fn content_that_went_bad_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path().join("cache"));
        let install = |content: &str| {
            let scratch = cache.scratch().unwrap();
            let from = scratch.path().join("made");
            fs::create_dir(&from).unwrap();
            fs::write(from.join(entry(&sdk::go::MESSAGES)), content).unwrap();
            let sha256 = digest(&sdk::go::MESSAGES, &from).unwrap();
            (keep(&cache, &sdk::go::MESSAGES, &sha256, &from).unwrap(), sha256)
        };
        let (place, sha256) = install("one");
        fs::write(place.join(entry(&sdk::go::MESSAGES)), "went bad").unwrap();
        assert_eq!(install("one"), (place.clone(), sha256.clone()));
        assert_eq!(digest(&sdk::go::MESSAGES, &place).unwrap(), sha256);
    }
}
