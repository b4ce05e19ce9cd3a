//! Archives that are the same bytes wherever they are made.

use std::io;

use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};

/// Packs files into a folder of an archive, in their order. `time` is seconds since 1970.
///
/// # Errors
///
/// A path is too long for the form.
pub(in crate::release) fn tar_gz(
    folder: &str,
    time: u64,
    files: &mut dyn Iterator<Item = (&str, &[u8])>,
) -> io::Result<Vec<u8>> {
    // Neither name nor time of the archive are in its head.
    let mut archive = Builder::new(GzBuilder::new().write(Vec::new(), Compression::default()));
    for (path, content) in files {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Regular);
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(time);
        archive.append_data(&mut header, format!("{folder}/{path}"), content)?;
    }
    archive.into_inner()?.finish()
}

/// A time in seconds since 1970, as RFC 3339 has it, in UTC.
pub(super) fn rfc_3339(time: u64) -> String {
    let date = crate::text::Date::of(std::time::UNIX_EPOCH + std::time::Duration::from_secs(time));
    let of_day = time % 86_400;
    format!("{date}T{:02}:{:02}:{:02}Z", of_day / 3600, of_day / 60 % 60, of_day % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_files_are_the_same_bytes() {
        let pack = || tar_gz("pay-1.0.0", 1_790_000_000, &mut [("a/b", &b"text"[..])].into_iter()).unwrap();
        assert_eq!(pack(), pack());
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(io::Cursor::new(pack())));
        let entries = archive.entries().unwrap();
        let paths: Vec<_> = entries.map(|e| e.unwrap().path().unwrap().display().to_string()).collect();
        assert_eq!(paths, ["pay-1.0.0/a/b"]);
    }

    #[test]
    fn times_are_in_utc() {
        assert_eq!(rfc_3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc_3339(1_790_000_000), "2026-09-21T14:13:20Z");
    }
}
