//! Files of addresses and names, as `/etc/hosts` is one: what DNS servers read, and the JDK.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::FleetError;
use crate::machine::write_whole;

/// The first line of a file that may be written over.
const MARK: &str = "# Written by `protopact verify --instances`, and written over by it.";

/// A file of this program's own with one name in it, taken in by those who read it whenever it changes.
#[derive(Debug)]
pub(super) struct HostsFile {
    path: PathBuf,
    name: String,
    written: String,
}

impl HostsFile {
    /// A file that has the name at no address yet.
    ///
    /// # Errors
    ///
    /// It cannot be written, or there is one that has something else in it.
    pub(super) fn new(path: &Path, name: &str) -> Result<HostsFile, FleetError> {
        let failed = |source| FleetError::Hosts { path: path.to_owned(), source };
        match fs::read_to_string(path) {
            Ok(text) if !text.trim().is_empty() && !text.starts_with(MARK) => {
                let why = "it has something in it that is not from here, which would be lost";
                return Err(failed(io::Error::new(io::ErrorKind::AlreadyExists, why)));
            }
            Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(failed(why)),
            _ => {}
        }
        let mut file = HostsFile { path: path.to_owned(), name: name.to_owned(), written: String::new() };
        file.write(&[])?;
        Ok(file)
    }

    /// Has the name at these addresses, all at once.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub(super) fn write(&mut self, addresses: &[SocketAddr]) -> Result<(), FleetError> {
        let lines = addresses.iter().map(|address| format!("{} {}\n", address.ip(), self.name));
        let text = format!("{MARK}\n{}", lines.collect::<String>());
        if text != self.written {
            let written = write_whole(&self.path, |out| out.write_all(text.as_bytes()));
            written.map_err(|source| FleetError::Hosts { path: self.path.clone(), source })?;
            self.written = text;
        }
        Ok(())
    }
}

/// Nobody is left there.
impl Drop for HostsFile {
    fn drop(&mut self) {
        let _ = self.write(&[]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_at_its_addresses_until_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hosts");
        let mut file = HostsFile::new(&path, "pay.test").unwrap();
        file.write(&["127.0.0.1:5".parse().unwrap(), "127.0.0.2:5".parse().unwrap()]).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().skip(1).collect::<Vec<_>>(), ["127.0.0.1 pay.test", "127.0.0.2 pay.test"]);
        assert!(HostsFile::new(&path, "pay.test").is_ok(), "it is from here");
        drop(file);
        assert_eq!(fs::read_to_string(&path).unwrap().lines().collect::<Vec<_>>(), [MARK]);
    }

    #[test]
    fn what_somebody_else_has_written_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hosts");
        fs::write(&path, "127.0.0.1 localhost\n").unwrap();
        let said = HostsFile::new(&path, "pay.test").unwrap_err();
        let FleetError::Hosts { source, .. } = said else { panic!("{said}") };
        assert!(source.to_string().contains("which would be lost"), "{source}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "127.0.0.1 localhost\n");
    }
}
