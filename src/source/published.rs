//! What a release has published into a folder, read as the version that it is.

use std::fs;
use std::path::Path;

use bytes::Bytes;
use semver::Version;
use serde::Deserialize;

use super::error::SourceError;
use super::name::Name;
use super::open::Image;
use crate::compile::image::Format;
use crate::deps::archive::Files;
use crate::machine::sha256;

/// What a version says of itself.
const RELEASE: &str = "release.json";
/// Its descriptors.
const DESCRIPTORS: &str = "descriptors.binpb";
/// Its sources.
const SOURCES: &str = "sources.tar.gz";
/// The largest description that is read, in bytes.
const MAX_RELEASE: u64 = 1 << 20;

/// What is needed of a description; there is more.
#[derive(Debug, Deserialize)]
struct Release {
    contract: String,
    version: String,
    descriptors: String,
}

/// The descriptors of the version that a folder is; `None` for any other folder.
///
/// # Errors
///
/// They are not those of the version, or cannot be read.
pub(super) fn image(typed: &Path, cwd: &Path) -> Result<Option<Image>, SourceError> {
    let folder = cwd.join(typed);
    let text = typed.display().to_string();
    let small = |path: &Path| fs::metadata(path).is_ok_and(|m| m.is_file() && m.len() <= MAX_RELEASE);
    let path = folder.join(RELEASE);
    let said = if small(&path) { fs::read(&path).ok() } else { None };
    let release = said.and_then(|said| serde_json::from_slice::<Release>(&said).ok());
    let Some(release) = release else { return Ok(None) };
    let Ok(version) = Version::parse(&release.version) else { return Ok(None) };
    let path = folder.join(DESCRIPTORS);
    let bytes = fs::read(&path).map_err(|source| SourceError::Io { doing: "read", path, source })?;
    if sha256(&bytes) != release.descriptors {
        let what = format!("{} {version}", release.contract);
        return Err(SourceError::Damaged { text, file: DESCRIPTORS, what });
    }
    let name = Name::Artefact { place: text, version: Some(version) };
    Ok(Some(Image { bytes: Bytes::from(bytes), format: Format::Binary, name }))
}

/// The version that an archive has the sources of, by its name and by the one folder in it: `pay-1.4.0`.
pub(super) fn sources(typed: &Path, files: &Files) -> Option<Version> {
    if typed.file_name()?.to_str()? != SOURCES {
        return None;
    }
    let mut folders = files.keys().map(|path| path.split_once('/').map(|(folder, _)| folder));
    let folder = folders.next()??;
    if !folders.all(|other| other == Some(folder)) {
        return None;
    }
    // A name may have hyphens, and so may a pre-release.
    let mut starts = folder.match_indices('-').map(|(at, _)| &folder[at + 1..]);
    starts.find_map(|text| Version::parse(text).ok())
}
