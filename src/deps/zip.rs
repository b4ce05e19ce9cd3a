//! Zip archives, as far as packages use them: stored and deflated files, found by the central directory
//! (<https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>, sections 4.3.7, 4.3.12 and 4.3.16).

use std::io::Read;

use super::archive::{ArchiveError, MAX_ENTRIES};

/// One file of an archive.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    /// Whether it is a symbolic link.
    pub(super) link: bool,
    method: u16,
    packed: usize,
    /// Where its own header is.
    at: usize,
}

/// The end of the central directory.
const END: &[u8] = b"PK\x05\x06";
/// An entry of the central directory.
const CENTRAL: &[u8] = b"PK\x01\x02";
/// The header in front of a file.
const LOCAL: &[u8] = b"PK\x03\x04";
/// How far from the end the end record can be: it has 22 bytes, and a comment.
const END_MOST: usize = 22 + 65_535;

fn broken(what: &str) -> ArchiveError {
    ArchiveError::Broken(what.to_owned())
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    let value = u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?);
    usize::try_from(value).ok()
}

/// The entries of an archive, in the order of the directory.
pub(super) fn entries(bytes: &[u8]) -> Result<Vec<Entry>, ArchiveError> {
    let from = bytes.len().saturating_sub(END_MOST);
    let end = bytes[from..].windows(END.len()).rposition(|w| w == END).map(|at| from + at);
    let end = end.ok_or_else(|| broken("it has no end"))?;
    let cut = || broken("its directory is cut off");
    let mut at = u32_at(bytes, end + 16).ok_or_else(cut)?;
    let count = usize::from(u16_at(bytes, end + 10).ok_or_else(cut)?);
    if count == 0xffff || at == 0xffff_ffff {
        return Err(broken("it has the 64-bit form, which packages do not need"));
    }
    let mut entries = Vec::new();
    for _ in 0..count.min(MAX_ENTRIES) {
        if bytes.get(at..at + 4) != Some(CENTRAL) {
            return Err(cut());
        }
        let short = |offset: usize| u16_at(bytes, at + offset).ok_or_else(cut);
        let long = |offset: usize| u32_at(bytes, at + offset).ok_or_else(cut);
        let (name, extra, comment) =
            (usize::from(short(28)?), usize::from(short(30)?), usize::from(short(32)?));
        let raw = bytes.get(at + 46..at + 46 + name).ok_or_else(cut)?;
        // The upper half holds the mode where a Unix system made it.
        let mode = long(38)? >> 16;
        entries.push(Entry {
            name: String::from_utf8_lossy(raw).into_owned(),
            link: mode & 0o170_000 == 0o120_000,
            method: short(10)?,
            packed: long(20)?,
            at: long(42)?,
        });
        at += 46 + name + extra + comment;
    }
    Ok(entries)
}

impl Entry {
    /// A reader of its content.
    pub(super) fn open<'b>(&self, bytes: &'b [u8]) -> Result<Box<dyn Read + 'b>, ArchiveError> {
        let cut = || ArchiveError::Broken(format!("`{}` is cut off", self.name));
        if bytes.get(self.at..self.at.checked_add(4).ok_or_else(cut)?) != Some(LOCAL) {
            return Err(cut());
        }
        let name = usize::from(u16_at(bytes, self.at + 26).ok_or_else(cut)?);
        let extra = usize::from(u16_at(bytes, self.at + 28).ok_or_else(cut)?);
        let start = self.at + 30 + name + extra;
        let end = start.checked_add(self.packed).ok_or_else(cut)?;
        let packed = bytes.get(start..end).ok_or_else(cut)?;
        match self.method {
            0 => Ok(Box::new(packed)),
            8 => Ok(Box::new(flate2::read::DeflateDecoder::new(packed))),
            other => Err(ArchiveError::Broken(format!("`{}` is packed in the form {other}", self.name))),
        }
    }
}
