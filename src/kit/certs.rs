//! Certificates for the services of a kit: made once, and not again while they are there.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use thiserror::Error;

use crate::machine::{FileError, fail};
use crate::service::{TlsError, peers};

/// Where they are, below the kit.
pub const FOLDER: &str = "certs";

/// Certificates that cannot be made.
#[derive(Debug, Error)]
pub enum CertsError {
    /// They cannot be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The library has something against a name.
    #[error(transparent)]
    Make(#[from] TlsError),
}

/// Makes a root and a certificate for each service, all of them or none. Keys are readable for their owner alone. `false`
/// where the folder is there already: it stays as it is.
///
/// # Errors
///
/// They cannot be made or written.
pub fn make(kit: &Path, hosts: &[(String, Vec<String>)]) -> Result<bool, CertsError> {
    let place = kit.join(FOLDER);
    if fs::symlink_metadata(&place).is_ok() {
        return Ok(false);
    }
    let (root, all) = peers(hosts)?;
    let begun = tempfile::Builder::new().prefix(".certs-").tempdir_in(kit).map_err(fail("write to", kit))?;
    put(&begun.path().join("ca.pem"), &root, 0o644)?;
    for peer in &all {
        put(&begun.path().join(format!("{}.pem", peer.name)), &peer.certificate, 0o644)?;
        put(&begun.path().join(format!("{}.key", peer.name)), &peer.key, 0o600)?;
    }
    let folder = begun.keep();
    fs::rename(&folder, &place).map_err(|e| {
        // Nobody else knows of it.
        let _ = fs::remove_dir_all(&folder);
        fail("make", &place)(e)
    })?;
    Ok(true)
}

fn put(path: &Path, text: &str, mode: u32) -> Result<(), FileError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = options.open(path).map_err(fail("write", path))?;
    file.write_all(text.as_bytes()).map_err(fail("write", path))
}
