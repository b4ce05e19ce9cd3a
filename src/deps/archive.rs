//! The .proto files of archives that others made.
//!
//! Nothing is unpacked: what is wanted is read into memory, and everything else is passed over. An archive that names a
//! file outside of itself, or has more than anybody needs, is refused as a whole.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use bytes::Bytes;
use thiserror::Error;
use zip::ZipReadOptions;
use zip::read::Config;
use zip::result::ZipError;
use zip::unstable::read::ZipIterable;

use crate::config::normalize;
use crate::machine::Packed;

/// How many entries an archive may have. The largest packages with contracts in them have some ten thousand.
pub const MAX_ENTRIES: usize = 200_000;
/// How much is read of one archive in all, after decompression, in bytes.
pub const MAX_BYTES: u64 = 2 << 30;
/// How large all that is wanted may be, in bytes.
pub const MAX_WANTED: u64 = 256 << 20;

/// Why an archive cannot be used.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// It is broken, or no archive.
    #[error("the archive cannot be read: {0}")]
    Broken(String),
    /// An entry names a place outside of the archive.
    #[error("the archive holds `{0}`, which lies outside of it")]
    Outside(String),
    /// A wanted file is a link.
    #[error("the archive holds `{0}` as a link")]
    Link(String),
    /// Two entries have one name.
    #[error("the archive holds `{0}` twice, with different content")]
    Twice(String),
    /// There is too much in it.
    #[error("the archive holds more than {limit} {what}")]
    TooMuch {
        /// The limit.
        limit: u64,
        /// Of what.
        what: &'static str,
    },
}

/// Files by path.
pub type Files = BTreeMap<String, Bytes>;

/// Reads an archive: zip, or tar, plain or compressed with gzip or zstd. `wanted` says which files are kept, by their path.
///
/// # Errors
///
/// It is none, is hostile, or is too large.
pub fn read(bytes: &[u8], wanted: &dyn Fn(&str) -> bool) -> Result<Files, ArchiveError> {
    if bytes.starts_with(b"PK") {
        return zip(bytes, wanted);
    }
    match Packed::of(bytes) {
        Some(packed) => tar(packed.open(bytes), wanted),
        None => tar(bytes, wanted),
    }
}

struct Taken {
    files: Files,
    size: u64,
    entries: usize,
}

impl Taken {
    fn new() -> Taken {
        Taken { files: Files::new(), size: 0, entries: 0 }
    }

    /// Counts an entry, and gives its path when it is wanted.
    fn path(&mut self, raw: &str, wanted: &dyn Fn(&str) -> bool) -> Result<Option<String>, ArchiveError> {
        self.entries += 1;
        if self.entries > MAX_ENTRIES {
            return Err(ArchiveError::TooMuch { limit: MAX_ENTRIES as u64, what: "entries" });
        }
        if !wanted(raw) {
            return Ok(None);
        }
        let outside = |_| ArchiveError::Outside(raw.to_owned());
        if raw.split(['/', '\\']).any(|part| part == "..") {
            return Err(ArchiveError::Outside(raw.to_owned()));
        }
        normalize(raw).map(Some).map_err(outside)
    }

    fn take(&mut self, path: String, from: &mut dyn Read) -> Result<(), ArchiveError> {
        let left = MAX_WANTED - self.size;
        let mut content = Vec::new();
        let read = from.take(left + 1).read_to_end(&mut content);
        read.map_err(|e| ArchiveError::Broken(format!("`{path}`: {e}")))?;
        if content.len() as u64 > left {
            return Err(ArchiveError::TooMuch { limit: MAX_WANTED, what: "bytes of .proto files" });
        }
        self.size += content.len() as u64;
        match self.files.get(&path) {
            Some(other) if *other != content => Err(ArchiveError::Twice(path)),
            _ => {
                self.files.insert(path, content.into());
                Ok(())
            }
        }
    }
}

/// The entries are walked one by one, as they stand in the directory: what reads an archive into a table by name cannot see
/// that a name comes twice.
fn zip(bytes: &[u8], wanted: &dyn Fn(&str) -> bool) -> Result<Files, ArchiveError> {
    let broken = |e: ZipError| ArchiveError::Broken(e.to_string());
    let mut archive = ZipIterable::try_new(Cursor::new(bytes), Config::default()).map_err(broken)?;
    let mut taken = Taken::new();
    for entry in archive.files().map_err(broken)? {
        let entry = entry.map_err(broken)?;
        let raw = String::from_utf8_lossy(entry.name_raw()).into_owned();
        let Some(path) = taken.path(&raw, wanted)? else { continue };
        if entry.is_symlink() {
            return Err(ArchiveError::Link(path));
        }
        if !raw.ends_with('/') {
            let mut bytes = Cursor::new(bytes);
            let content = entry.with_reader(&mut bytes, ZipReadOptions::new());
            taken.take(path, &mut content.map_err(broken)?)?;
        }
    }
    Ok(taken.files)
}

fn tar(stream: impl Read, wanted: &dyn Fn(&str) -> bool) -> Result<Files, ArchiveError> {
    let broken = |e: std::io::Error| ArchiveError::Broken(e.to_string());
    let mut archive = tar::Archive::new(Bounded { inner: stream, left: MAX_BYTES });
    let mut taken = Taken::new();
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let raw = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let Some(path) = taken.path(&raw, wanted)? else { continue };
        match entry.header().entry_type() {
            tar::EntryType::Regular | tar::EntryType::Continuous => taken.take(path, &mut entry)?,
            tar::EntryType::Symlink | tar::EntryType::Link => return Err(ArchiveError::Link(path)),
            _ => {}
        }
    }
    Ok(taken.files)
}

/// A stream that ends with an error where it is longer than anybody needs.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.left = self
            .left
            .checked_sub(n as u64)
            .ok_or_else(|| std::io::Error::other(format!("it holds more than {MAX_BYTES} bytes")))?;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    fn wanted(path: &str) -> bool {
        path.ends_with(".proto")
    }

    /// A zip archive of files that are not compressed: name, content, mode.
    fn zip_of(files: &[(&str, &[u8], u32)]) -> Vec<u8> {
        let (mut out, mut directory) = (Vec::new(), Vec::new());
        for (name, content, mode) in files {
            let at = out.len() as u32;
            let (size, length) = (content.len() as u32, name.len() as u16);
            let common = |out: &mut Vec<u8>| {
                for half in [20_u16, 0, 0, 0, 0] {
                    out.extend(half.to_le_bytes());
                }
                let mut sum = flate2::Crc::new();
                sum.update(content);
                for whole in [sum.sum(), size, size] {
                    out.extend(whole.to_le_bytes());
                }
                out.extend(length.to_le_bytes());
                out.extend(0_u16.to_le_bytes());
            };
            out.extend(b"PK\x03\x04");
            common(&mut out);
            out.extend(name.as_bytes());
            out.extend(*content);
            directory.extend(b"PK\x01\x02\x14\x03");
            common(&mut directory);
            directory.extend([0; 6]);
            directory.extend((mode << 16).to_le_bytes());
            directory.extend(at.to_le_bytes());
            directory.extend(name.as_bytes());
        }
        let (at, count) = (out.len() as u32, files.len() as u16);
        out.extend(&directory);
        out.extend(b"PK\x05\x06\0\0\0\0");
        out.extend(count.to_le_bytes());
        out.extend(count.to_le_bytes());
        out.extend((directory.len() as u32).to_le_bytes());
        out.extend(at.to_le_bytes());
        out.extend(0_u16.to_le_bytes());
        out
    }

    fn tar_of(files: &[(&str, &[u8], tar::EntryType)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, content, kind) in files {
            let mut header = tar::Header::new_gnu();
            header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_size(content.len() as u64);
            header.set_entry_type(*kind);
            header.set_mode(0o644);
            header.set_cksum();
            builder.append(&header, *content).unwrap();
        }
        builder.into_inner().unwrap()
    }

    const FILE: tar::EntryType = tar::EntryType::Regular;
    const PLAIN: u32 = 0o100_644;

    fn both(files: &[(&str, &[u8])]) -> [Vec<u8>; 4] {
        let tar: Vec<_> = files.iter().map(|(name, content)| (*name, *content, FILE)).collect();
        let zip: Vec<_> = files.iter().map(|(name, content)| (*name, *content, PLAIN)).collect();
        let tar = tar_of(&tar);
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(&tar).unwrap();
        let zst = compress_to_vec(&tar[..], CompressionLevel::Fastest);
        [zip_of(&zip), tar, gz.finish().unwrap(), zst]
    }

    #[test]
    fn wanted_files_are_read_and_others_passed_over() {
        for archive in both(&[("a/b.proto", b"b"), ("../evil.txt", b"x"), ("./c.proto", b"c")]) {
            let files = read(&archive, &wanted).unwrap();
            let shown: Vec<_> = files.iter().map(|(path, content)| (path.as_str(), &content[..])).collect();
            assert_eq!(shown, [("a/b.proto", &b"b"[..]), ("c.proto", &b"c"[..])]);
        }
    }

    #[test]
    fn what_lies_outside_is_refused() {
        for name in
            ["../x.proto", "/etc/x.proto", "a/../../x.proto", "a/../x.proto", "c:\\x.proto", "..\\x.proto"]
        {
            for archive in both(&[("ok.proto", b""), (name, b"x")]) {
                let error = read(&archive, &wanted).unwrap_err().to_string();
                assert_eq!(error, format!("the archive holds `{name}`, which lies outside of it"));
            }
        }
    }

    #[test]
    fn links_and_files_that_come_twice_are_refused() {
        let said = |archive: &[u8]| read(archive, &wanted).unwrap_err().to_string();
        for kind in [tar::EntryType::Symlink, tar::EntryType::Link] {
            assert_eq!(said(&tar_of(&[("a.proto", b"", kind)])), "the archive holds `a.proto` as a link");
        }
        let link = zip_of(&[("a.proto", b"/etc/passwd", 0o120_777)]);
        assert_eq!(said(&link), "the archive holds `a.proto` as a link");
        for archive in both(&[("a.proto", b"1"), ("a.proto", b"2")]) {
            assert_eq!(said(&archive), "the archive holds `a.proto` twice, with different content");
        }
    }

    #[test]
    fn too_much_is_refused_before_it_is_read() {
        let zeros = vec![0; 1 << 20];
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let mut header = tar::Header::new_gnu();
        header.set_path("bomb.proto").unwrap();
        header.set_size(MAX_WANTED + (1 << 20));
        header.set_cksum();
        gz.write_all(header.as_bytes()).unwrap();
        for _ in 0..=(MAX_WANTED >> 20) {
            gz.write_all(&zeros).unwrap();
        }
        let bomb = gz.finish().unwrap();
        let error = read(&bomb, &wanted).unwrap_err().to_string();
        assert_eq!(error, format!("the archive holds more than {MAX_WANTED} bytes of .proto files"));
        let names: Vec<String> = (0..=MAX_ENTRIES).map(|n| format!("{n}")).collect();
        let many: Vec<_> = names.iter().map(|name| (name.as_str(), &b""[..], FILE)).collect();
        let error = read(&tar_of(&many), &wanted).unwrap_err().to_string();
        assert_eq!(error, format!("the archive holds more than {MAX_ENTRIES} entries"));
    }

    #[test]
    fn content_that_is_not_what_was_packed_is_refused() {
        let mut archive = zip_of(&[("a.proto", b"message A {}", PLAIN)]);
        let at = archive.windows(7).position(|w| w == b"message").unwrap();
        archive[at + 8] = b'B';
        assert!(read(&archive, &wanted).unwrap_err().to_string().contains("`a.proto`"));
    }

    #[test]
    fn packed_entries_are_unpacked_and_a_bomb_is_not() {
        let packed = |name: &str, content: &[u8], times: u64| {
            let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
            let options = zip::write::SimpleFileOptions::default();
            writer.start_file(name, options.compression_method(zip::CompressionMethod::Deflated)).unwrap();
            for _ in 0..times {
                writer.write_all(content).unwrap();
            }
            writer.finish().unwrap().into_inner()
        };
        let files = read(&packed("a.proto", b"message A {}", 1), &wanted).unwrap();
        assert_eq!(files["a.proto"], b"message A {}"[..]);
        let bomb = packed("a.proto", &vec![b' '; 1 << 20], (MAX_WANTED >> 20) + 1);
        assert!(bomb.len() < 1 << 20);
        let error = read(&bomb, &wanted).unwrap_err().to_string();
        assert_eq!(error, format!("the archive holds more than {MAX_WANTED} bytes of .proto files"));
    }

    #[test]
    fn what_is_cut_off_anywhere_is_an_error_and_no_panic() {
        for archive in both(&[("a.proto", b"some text"), ("b.proto", b"other text")]) {
            for end in 0..archive.len() {
                // A tar without its last blocks of zeros is whole.
                let _ = read(&archive[..end], &wanted);
            }
            for at in 0..archive.len() {
                let mut broken = archive.clone();
                broken[at] ^= 0xff;
                let _ = read(&broken, &wanted);
            }
        }
        assert!(read(b"PK nothing", &wanted).is_err());
        assert!(read(b"no archive at all", &wanted).is_err());
    }
}
