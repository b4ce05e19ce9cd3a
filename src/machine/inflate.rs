//! Compressed bytes, told by how they begin: gzip and zstd.

use std::io::{self, BufRead, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

/// How far back a frame of zstd may look, in bytes: what `zstd --long` makes by default.
const MAX_WINDOW: u64 = 128 << 20;

/// How bytes are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packed {
    /// RFC 1952, one member or several.
    Gzip,
    /// RFC 8878, one frame or several.
    Zstd,
}

impl Packed {
    /// How bytes that begin so are compressed; `None` when they are not.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Packed> {
        match bytes {
            [0x1f, 0x8b, ..] => Some(Packed::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Packed::Zstd),
            _ => None,
        }
    }

    /// How a file of this name is compressed, and its name without the ending that says so.
    #[must_use]
    pub fn of_name(name: &str) -> (Option<Packed>, &str) {
        let ending = |ending: &str, packed| Some((Some(packed), name.strip_suffix(ending)?));
        ending(".gz", Packed::Gzip).or_else(|| ending(".zst", Packed::Zstd)).unwrap_or((None, name))
    }

    /// A stream of what was compressed. It is as long as whoever made it likes: whoever reads it sets the limit.
    #[must_use]
    pub fn open(self, bytes: &[u8]) -> Box<dyn Read + '_> {
        match self {
            Packed::Gzip => Box::new(flate2::read::MultiGzDecoder::new(bytes)),
            Packed::Zstd => Box::new(Frames { rest: bytes, frame: None }),
        }
    }
}

/// What compressed bytes hold, and bytes that are not compressed as they are. At most one byte more than the limit comes.
///
/// # Errors
///
/// The compressed bytes are broken.
pub fn inflate(bytes: Vec<u8>, declared: Option<Packed>, limit: u64) -> io::Result<Vec<u8>> {
    let Some(packed) = Packed::of(&bytes).or(declared) else { return Ok(bytes) };
    let mut out = Vec::new();
    packed.open(&bytes).take(limit.saturating_add(1)).read_to_end(&mut out)?;
    Ok(out)
}

/// The frames of zstd one after the other: parallel compressors make many.
struct Frames<'a> {
    rest: &'a [u8],
    frame: Option<StreamingDecoder<&'a [u8], FrameDecoder>>,
}

impl Read for Frames<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if let Some(frame) = &mut self.frame {
                match frame.read(buffer)? {
                    0 => self.rest = self.frame.take().map(StreamingDecoder::into_inner).unwrap_or_default(),
                    n => return Ok(n),
                }
            }
            if self.rest.is_empty() {
                return Ok(0);
            }
            let before = self.rest;
            match StreamingDecoder::new_with_max_window_size(self.rest, MAX_WINDOW) {
                Ok(frame) => self.frame = Some(frame),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    // Eight bytes say that it is to be skipped, and how long it is.
                    let skipped = usize::try_from(length).ok().and_then(|n| n.checked_add(8));
                    let skipped = skipped.filter(|n| *n <= before.len());
                    self.rest.consume(skipped.ok_or(io::ErrorKind::UnexpectedEof)?);
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        compress_to_vec(bytes, CompressionLevel::Fastest)
    }

    #[test]
    fn pieces_that_were_compressed_one_by_one_are_one_text() {
        let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
        for packed in [
            [gzip(b"first"), gzip(b"second")].concat(),
            [zstd(b"first"), skipped.clone(), zstd(b"second"), skipped].concat(),
        ] {
            assert_eq!(inflate(packed, None, 100).unwrap(), b"firstsecond");
        }
        assert_eq!(inflate(b"plain".to_vec(), None, 100).unwrap(), b"plain");
    }

    #[test]
    fn a_bomb_is_cut_off_at_the_limit() {
        let zeros = vec![0; 1 << 20];
        for packed in [gzip(&zeros), zstd(&zeros)] {
            assert!(packed.len() < 10_000);
            assert_eq!(inflate(packed, None, 1000).unwrap().len(), 1001);
        }
    }

    #[test]
    fn what_is_cut_or_broken_is_an_error_and_no_panic() {
        for packed in [gzip(b"some text, some text"), zstd(b"some text, some text")] {
            for end in 4..packed.len() {
                assert!(inflate(packed[..end].to_vec(), None, 100).is_err(), "{end} of {}", packed.len());
            }
            for at in 4..packed.len() {
                let mut broken = packed.clone();
                broken[at] ^= 0xff;
                let _ = inflate(broken, None, 100);
            }
        }
        assert!(inflate(b"no gzip".to_vec(), Some(Packed::Gzip), 100).is_err());
        assert!(inflate(b"no zstd".to_vec(), Some(Packed::Zstd), 100).is_err());
    }

    #[test]
    fn names_say_how_files_are_compressed() {
        assert_eq!(Packed::of_name("a.binpb.gz"), (Some(Packed::Gzip), "a.binpb"));
        assert_eq!(Packed::of_name("a.json.zst"), (Some(Packed::Zstd), "a.json"));
        assert_eq!(Packed::of_name("a.zip"), (None, "a.zip"));
    }
}
