//! Witnesses as sentences.

use super::{Finding, Report};
use crate::schema::options::spaced;
use crate::wire::{Proof, Read, Saw, Shown};
use crate::words::Direction;

/// How many bytes are shown before the rest is only counted.
const BYTES_SHOWN: usize = 32;
/// The same for characters of JSON.
const JSON_SHOWN: usize = 200;

/// One sentence for each proof, and one for each effect that nothing shows. Where both directions have the same witness
/// it is told once.
pub(super) fn sentences(report: &Report, finding: &Finding) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
    for proof in finding.proofs.iter().flatten() {
        let sentence = sentence(report, proof);
        if !said.contains(&sentence) {
            said.push(sentence);
        }
    }
    said
}

fn sentence(report: &Report, proof: &Proof) -> String {
    let old = proof.version.clone().unwrap_or_else(|| old_name(report));
    let new = "the new version".to_owned();
    let sides = |old_wrote: bool| if old_wrote { (&old, &new) } else { (&new, &old) };
    match &proof.shown {
        None => format!(
            "none found: {} ({}: {}) is unconfirmed",
            proof.lens.as_str(),
            proof.direction.as_str(),
            proof.effect.as_str()
        ),
        Some(Shown::Bytes { bytes, meant, reads, old_wrote, .. }) => {
            let (writer, reader) = sides(*old_wrote);
            let shown = match bytes.len() {
                0 => "no bytes".to_owned(),
                n if n > BYTES_SHOWN => format!("`{} …` ({n} bytes)", spaced(&bytes[..BYTES_SHOWN])),
                _ => format!("`{}`", spaced(bytes)),
            };
            format!("written by {writer}: {shown} means {meant}; read by {reader}: {}", seen(reads))
        }
        Some(Shown::Json { json, reads, old_wrote, .. }) => {
            let (writer, reader) = sides(*old_wrote);
            let shown = match json.char_indices().nth(JSON_SHOWN) {
                Some((end, _)) => format!("`{}…` ({} bytes)", &json[..end], json.len()),
                None => format!("`{json}`"),
            };
            format!("written by {writer}: {shown}; read by {reader}: {}", seen(reads))
        }
        Some(Shown::Call { path, answer }) => {
            let (client, server) = sides(proof.direction == Direction::Backward);
            // A status, or a sentence of its own.
            let what = match answer.contains(' ') {
                true => answer.clone(),
                false => format!("{server} answers {answer}"),
            };
            format!("a client of {client} calls `{path}`; {what}")
        }
    }
}

fn seen(reads: &[Read]) -> String {
    let one = |read: &Read| match &read.saw {
        Saw::Value(phrase) => phrase.clone(),
        Saw::Error(why) => format!("an error: {why}"),
    };
    match reads {
        [all] => one(all),
        _ => {
            let by: Vec<String> =
                reads.iter().map(|r| format!("{}: {}", r.readers.join(", "), one(r))).collect();
            by.join("; ")
        }
    }
}

/// The old side as people call it: its tag, or that it is old.
fn old_name(report: &Report) -> String {
    report.old.tag().map_or_else(|| "the old version".to_owned(), str::to_owned)
}

/// Bytes of a message field by field: what they are (`field 3`), and the bytes in hex. Of what is no message the bytes
/// as they are.
///
/// Tags and lengths are read as the encoding has them (protobuf.dev, "Encoding"); what is inside of a field is not
/// looked into.
pub(super) fn segments(bytes: &[u8]) -> Vec<(String, String)> {
    let shown = &bytes[..bytes.len().min(BYTES_SHOWN)];
    let mut out = Vec::new();
    let mut rest = shown;
    while let Some((number, length)) = field(rest) {
        out.push((format!("field {number}"), spaced(&rest[..length])));
        rest = &rest[length..];
    }
    if !rest.is_empty() {
        let what =
            if bytes.len() > shown.len() { format!("… {} bytes", bytes.len()) } else { String::new() };
        out.push((what, spaced(rest)));
    }
    out
}

/// The number of the field that begins here, and how many bytes it takes with its tag.
fn field(bytes: &[u8]) -> Option<(u64, usize)> {
    let (tag, after) = varint(bytes)?;
    let length = match tag & 7 {
        0 => varint(&bytes[after..])?.1,
        1 => 8,
        2 => {
            let (length, own) = varint(&bytes[after..])?;
            usize::try_from(length).ok()?.checked_add(own)?
        }
        5 => 4,
        _ => return None,
    };
    let whole = after.checked_add(length).filter(|whole| *whole <= bytes.len())?;
    (tag >> 3 != 0).then_some((tag >> 3, whole))
}

fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for (n, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f).checked_shl(7 * n as u32)?;
        if byte & 0x80 == 0 {
            return Some((value, n + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::segments;

    #[test]
    fn fields_stand_by_themselves() {
        let named = |bytes: &[u8]| segments(bytes);
        let of = |what: &str, hex: &str| (what.to_owned(), hex.to_owned());
        assert_eq!(
            named(&[0x18, 1, 0x0a, 2, 0x68, 0x69]),
            [of("field 3", "18 01"), of("field 1", "0a 02 68 69")]
        );
        assert_eq!(named(&[0x0a, 200, 1, 1]), [of("", "0a c8 01 01")]);
        assert_eq!(named(&[0]), [of("", "00")]);
        assert_eq!(named(&[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]).len(), 1);
        assert!(named(&[]).is_empty());
    }
}
